// More or fewer children and guardians in the page, named and numbered as the server would.

export function repeatSections(formElement, form) {
  for (const { repeat } of form.sections.filter((section) => section.repeat)) {
    const add = formElement.querySelector(`[data-legg-til="${repeat.path}"]`);
    const entries = () => [...formElement.querySelectorAll(`[data-gjentatt="${repeat.path}"]`)];
    const addButton = add ?? null;
    addButton?.addEventListener("click", (event) => {
      event.preventDefault();
      const entry = newEntry(repeat);
      entries().at(-1).after(entry);
      renumber(entries(), repeat, addButton);
      entry.querySelector("input, textarea").focus();
    });
    formElement.addEventListener("click", (event) => {
      const button = event.target.closest("[data-fjern]");
      const entry = button?.closest(`[data-gjentatt="${repeat.path}"]`);
      if (!entry) return;
      event.preventDefault();
      entry.remove();
      renumber(entries(), repeat, addButton);
      entries().at(-1).querySelector("input, textarea").focus();
    });
    renumber(entries(), repeat, addButton);
  }
}

const newEntry = (repeat) => document.getElementById(`mal-${repeat.path}`).content.cloneNode(true).querySelector("fieldset");

function renumber(entries, repeat, addButton) {
  entries.forEach((entry, index) => {
    entry.dataset.nummer = String(index);
    entry.querySelector("legend").textContent = repeat.title.replace("{n}", String(index + 1));
    for (const element of entry.querySelectorAll("*")) renameAttributes(element, repeat.path, index);
    const remove = entry.querySelector("[data-fjern]") ?? entry.appendChild(newEntry(repeat).querySelector("[data-fjern]"));
    remove.value = `fjern:${repeat.path}:${index}`;
    remove.textContent = repeat.remove.replace("{n}", String(index + 1));
    remove.hidden = entries.length <= repeat.min;
  });
  if (addButton) addButton.hidden = entries.length >= repeat.max;
}

function renameAttributes(element, path, index) {
  const pattern = new RegExp(`(^|\\s)${path}\\.\\d+\\.`, "g");
  for (const name of ["id", "name", "for", "aria-describedby", "data-feil-for"]) {
    const value = element.getAttribute(name);
    if (value?.includes(`${path}.`)) element.setAttribute(name, value.replace(pattern, `$1${path}.${index}.`));
  }
}
