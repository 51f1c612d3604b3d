// Where a melding is, moving by itself. The code stays here: what is sent is derived from it and opens nothing.

import { longMoment } from "./kvittering.js";
import { canSeal, fetchRoot, fetchStatus } from "./portal.js";
import { derive, parseDigits } from "./secret.js";
import { verifyStatement } from "./statements.js";

const FIRST_DELAY_MS = 2000;
const CAP_DELAY_MS = 15000;
const ALWAYS_SHOWN = ["accepted", "stored", "opened"];

const { texts } = JSON.parse(document.getElementById("oppsett").textContent);
const form = document.getElementById("status-skjema");
const section = document.getElementById("status");
const slot = (name) => section.querySelector(`[data-felt="${name}"]`);
let round = 0;

if (form && section.hidden && (await canSeal())) {
  form.querySelector("[data-uten-skript]").hidden = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await follow(document.getElementById("kode").value);
  });
  form.dataset.forsegler = "nettleser";
}

async function follow(code) {
  const mine = (round += 1);
  const secret = parseDigits(code);
  showProblem(secret ? "" : texts.feil_form);
  if (!secret) return;
  const derived = await derive(secret);
  for (let delay = FIRST_DELAY_MS; mine === round; delay = Math.min(CAP_DELAY_MS, delay * 1.3)) {
    if (!(await showOnce(derived))) return;
    await new Promise((resolve) => setTimeout(resolve, delay));
  }
}

// Whether it is worth asking again.
async function showOnce(derived) {
  try {
    const [status, root] = [await fetchStatus(derived), await fetchRoot()];
    show(status, await verifyStatement(status.receipt, "receipt", root));
    return true;
  } catch (error) {
    if (error.reason === "NOT_FOUND") {
      showProblem(texts.ikke_funnet);
      return false;
    }
    slot("sist").textContent = error.message || texts.oppdateres;
    return true;
  }
}

function show(status, receipt) {
  slot("referanse").textContent = receipt.reference;
  slot("tjeneste").textContent = receipt.tjeneste.navn;
  slot("kopier").textContent = String(status.copies);
  const taken = new Map([...status.steps].reverse().map((step) => [step.step, step]));
  const lines = Object.entries(texts.steg).filter(([name]) => taken.has(name) || ALWAYS_SHOWN.includes(name));
  const signature = JSON.stringify([status.steps, status.copies]);
  // Only what has changed is written, so that a screen reader speaks only then.
  if (section.dataset.vist !== signature) {
    slot("steg").replaceChildren(...lines.map(([name, words]) => stepLine(name, words, taken.get(name))));
    section.dataset.vist = signature;
  }
  slot("sist").textContent = texts.oppdateres;
  section.hidden = false;
}

function stepLine(name, [title, text], step) {
  const line = document.createElement("li");
  line.dataset.steg = name;
  line.dataset.naadd = step ? "ja" : "nei";
  const signed = step?.proof ? ` · ${texts.signert}` : "";
  line.append(
    Object.assign(document.createElement("strong"), { textContent: title }),
    Object.assign(document.createElement("span"), { textContent: text }),
    Object.assign(document.createElement("span"), {
      className: "sv-muted",
      textContent: step ? longMoment(step.at) + signed : texts.venter,
    }),
  );
  return line;
}

function showProblem(text) {
  const message = document.getElementById("kode-feil");
  const input = document.getElementById("kode");
  message.textContent = text;
  message.hidden = !text;
  if (text) {
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", "kode-feil");
    input.focus();
  } else {
    input.removeAttribute("aria-invalid");
  }
}
