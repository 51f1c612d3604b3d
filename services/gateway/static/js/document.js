// From the form's answers to the KS document, as services/gateway/filled.py: the same answers give the same bytes.

const PHONE = /^[+]?[0-9]+([- ][0-9]+)*$/;
const EMAIL =
  /^[A-Za-zæøåÆØÅ0-9_-]+([.][A-Za-zæøåÆØÅ0-9_-]+)*@[A-Za-zæøåÆØÅ0-9-]+([.][A-Za-zæøåÆØÅ0-9-]+)*[.][A-Za-z]{2,}$/;
const FNR_WEIGHTS = [
  [3, 7, 6, 1, 8, 9, 4, 5, 2, 1],
  [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1],
];

// values: Map of name to text. Returns {document, faults: [{name, message}]}.
export function fill(form, values, where, localTime, deliveredBy) {
  const document = { ...where };
  const faults = [];
  for (const section of form.sections) {
    for (const [prefix, target] of targets(document, section.repeat, values)) {
      for (const field of section.fields) {
        const name = prefix + field.path;
        const { answer, fault } = answerOf(form, field, name, values);
        if (fault) faults.push({ name, message: fault });
        if (answer !== undefined) place(target, field.path, answer);
      }
    }
  }
  document.sendingstidspunkt = localTime;
  document.leveringskanal = deliveredBy;
  return { document, faults };
}

export function count(repeat, values) {
  const indexes = [...values.keys()]
    .filter((name) => name.startsWith(`${repeat.path}.`))
    .map((name) => Number(name.split(".")[1]));
  return Math.max(repeat.min, Math.min(repeat.max, Math.max(0, ...indexes) + 1));
}

function targets(document, repeat, values) {
  if (!repeat) return [["", document]];
  const entries = Array.from({ length: count(repeat, values) }, () => ({}));
  document[repeat.path] = entries;
  return entries.map((entry, index) => [`${repeat.path}.${index}.`, entry]);
}

function place(target, path, answer) {
  const folders = path.split(".");
  const last = folders.pop();
  let at = target;
  for (const folder of folders) at = at[folder] ??= {};
  at[last] = answer;
}

function answerOf(form, field, name, values) {
  if (field.type === "address") return { answer: addressOf(form, field, name, values) };
  let text = readText(values.get(name) ?? "", field.type === "textarea");
  if (field.type === "checkbox") return { answer: text === "ja" };
  if (field.type === "yesno") return { answer: text === "ja", fault: ["ja", "nei"].includes(text) ? "" : field.missing };
  if (field.rule === "fnr" || field.rule === "orgnr") text = text.replaceAll(" ", "");
  if (!text) return { answer: field.keep_empty || field.required ? "" : undefined, fault: field.required ? field.missing : "" };
  return { answer: text, fault: holds(field.rule, text) ? "" : form.messages[field.rule] };
}

function addressOf(form, field, name, values) {
  const lines = Object.keys(form.address_labels).map((line) => [line, readText(values.get(`${name}.${line}`) ?? "", false)]);
  if (field.optional && lines.every(([, text]) => !text)) return undefined;
  return Object.fromEntries(lines.filter(([line, text]) => text || line === "adresselinje1"));
}

export function readText(text, isLong) {
  const lines = text.replace(/\r\n|[\r\u0085\u2028\u2029]/g, "\n").trim();
  return isLong ? lines : lines.split(/\s+/).filter(Boolean).join(" ");
}

export function holds(rule, text) {
  if (rule === "phone") return PHONE.test(text);
  if (rule === "email") return EMAIL.test(text);
  if (rule === "orgnr") return /^[0-9]{9}$/.test(text);
  if (rule === "fnr") return /^[0-9]{11}$/.test(text) && FNR_WEIGHTS.every((weights) => weighted(text, weights) % 11 === 0);
  return true;
}

const weighted = (digits, weights) => weights.reduce((sum, weight, index) => sum + weight * Number(digits[index]), 0);

// Norwegian time as KS's documents write it, whatever the machine's zone.
export function localTime(date) {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Oslo", dateStyle: "short", timeStyle: "medium" });
  return format.format(date).replace(" ", "T");
}
