// Faults in the page: a summary with links, a message at each field, and the focus on the summary.

export function showFaults(faults) {
  clearFaults();
  const summary = document.getElementById("feil");
  const list = summary.querySelector("ul");
  for (const { name, message } of faults) {
    const link = Object.assign(document.createElement("a"), { href: `#${name}`, className: "ds-link", textContent: message });
    link.addEventListener("click", (event) => {
      event.preventDefault();
      focusField(name);
    });
    list.append(document.createElement("li"));
    list.lastElementChild.append(link);
    markField(name, message);
  }
  summary.hidden = false;
  document.title = `Feil: ${document.title}`;
  summary.focus();
}

export function clearFaults() {
  const summary = document.getElementById("feil");
  summary.hidden = true;
  summary.querySelector("ul").replaceChildren();
  document.title = document.title.replace(/^Feil: /, "");
  for (const message of document.querySelectorAll("[data-feil-for]")) {
    message.hidden = true;
    message.textContent = "";
  }
  for (const input of document.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    describe(input, (ids) => ids.filter((id) => !id.endsWith("-feil")));
  }
}

function markField(name, text) {
  const message = document.querySelector(`[data-feil-for="${CSS.escape(name)}"]`);
  if (message) {
    message.textContent = text;
    message.hidden = false;
  }
  const field = document.getElementById(name);
  const inputs = field?.matches("fieldset") ? field.querySelectorAll("input[type=radio]") : field ? [field] : [];
  for (const input of inputs) {
    input.setAttribute("aria-invalid", "true");
    describe(input, (ids) => [...ids, `${name}-feil`]);
  }
}

function describe(input, change) {
  const ids = change((input.getAttribute("aria-describedby") ?? "").split(/\s+/).filter(Boolean));
  if (ids.length) input.setAttribute("aria-describedby", ids.join(" "));
  else input.removeAttribute("aria-describedby");
}

function focusField(name) {
  const field = document.getElementById(name);
  const target = field?.matches("fieldset") ? field.querySelector("input") : field;
  target?.scrollIntoView({ block: "center" });
  target?.focus({ preventScroll: true });
}
