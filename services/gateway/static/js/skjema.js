// The form's page: reads it, shows faults, seals it here in the browser, sends it, shows the receipt.
//
// Nothing is kept: no storage, no cookie, no address. Sealed bytes whose fate is not known are sent again as they are;
// until it is known the form is locked, so that one report cannot become two.

import { b64, hex, sha256, utf8 } from "./bytes.js";
import { fill, localTime } from "./document.js";
import { clearFaults, showFaults } from "./feil.js";
import { repeatSections } from "./gjenta.js";
import { receiptElement } from "./kvittering.js";
import { canSeal, fetchLabel, fetchRoot, Refused, submit } from "./portal.js";
import { sealMelding } from "./sealing.js";
import { readAttachments, showWhatIsLeft } from "./vedlegg.js";

const setup = JSON.parse(document.getElementById("oppsett").textContent);
const formElement = document.getElementById("skjema");
const progress = document.getElementById("framdrift");
const { skjema: texts, identitet: identityTexts, kvittering: receiptTexts } = setup.texts;

if (formElement && (await canSeal())) start();

function start() {
  const notice = document.querySelector('[data-felt="forsegling"]');
  notice.textContent = notice.dataset.medSkript;
  repeatSections(formElement, setup.form);
  showWhatIsLeft(document.getElementById("vedlegg"), texts, setup.limits);
  formElement.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input:not([type=file])")) event.preventDefault();
  });
  let isBusy = false;
  formElement.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    try {
      await send();
    } finally {
      isBusy = false;
    }
  });
  formElement.dataset.forsegler = "nettleser";
}

async function send() {
  clearFaults();
  const read = await readForm();
  if (read.faults.length) {
    showFaults(read.faults);
    return;
  }
  setBusy(true);
  const documentSha256 = hex(await sha256(read.content.document));
  showProgress(texts.sender, documentSha256);
  try {
    const root = await fetchRoot();
    const label = await trustedLabel(root);
    const sealed = await sealMelding(label, read.content, `portal-${b64(crypto.getRandomValues(new Uint8Array(18)))}`, read.isUrgent);
    await deliver({ sealed, root, documentSha256 });
  } catch (error) {
    setBusy(false);
    showFailure(error instanceof Refused ? messageOf(error) : texts.etikett);
  }
}

async function readForm() {
  const values = new Map([...new FormData(formElement)].filter(([, value]) => typeof value === "string"));
  const { document: report, faults } = fill(setup.form, values, setup.where, localTime(new Date()), setup.deliveredBy);
  const all = [...faults];
  const identity = identityFault(values);
  if (identity) {
    const at = all.findIndex(({ name }) => name.startsWith("privatMelder."));
    all.splice(at < 0 ? all.length : at, 0, identity);
  }
  let withheld = null;
  if (setup.form.kind === "privat" && values.get("identitet") === "tilbakeholdt") {
    withheld = report.privatMelder;
    report.privatMelder = { personnavn: setup.placeholder };
  }
  const { contents, fault } = await readAttachments(document.getElementById("vedlegg"), texts, setup.limits);
  if (fault) all.push({ name: "vedlegg", message: fault });
  const bytes = utf8(JSON.stringify(report));
  if (bytes.length > setup.limits.documentBytes) all.push({ name: "send", message: texts.for_langt });
  const content = { kind: setup.form.kind, document: bytes, attachments: contents, withheld };
  return { content, faults: all, isUrgent: values.get("haster") === "ja" };
}

function identityFault(values) {
  if (setup.form.kind !== "privat" || ["kjent", "tilbakeholdt"].includes(values.get("identitet"))) return null;
  const isAnonymous = values.get("identitet") === "anonym";
  return { name: "identitet", message: isAnonymous ? identityTexts.anonym_feil : identityTexts.mangler };
}

async function trustedLabel(root) {
  const label = await fetchLabel(setup.where.kommunenummer, setup.where.bydelsnummer, root);
  if (label.said.tjeneste.id !== setup.tjeneste) throw new Error("the label is for another tjeneste than the page says");
  return label;
}

// Ends with the receipt, a refusal, or a button that sends the very same bytes again.
async function deliver(attempt) {
  setBusy(true);
  showProgress(texts.sender, attempt.documentSha256);
  try {
    const receipt = await submit(attempt.sealed, attempt.root);
    showReceipt(receipt, attempt);
  } catch (error) {
    if (error instanceof Refused && error.mayHaveArrived) {
      showFailure(error.reason === "OFFLINE" ? `${texts.frakoblet} ${texts.usikker}` : texts.usikker, () => deliver(attempt));
      return;
    }
    setBusy(false);
    showFailure(error instanceof Refused ? messageOf(error) : texts.kvittering_feil);
  }
}

function showReceipt(receipt, { sealed, documentSha256 }) {
  const page = receiptElement(receipt, sealed.digits, documentSha256, receiptTexts);
  formElement.reset();
  document.getElementById("skjema-side").replaceChildren(page);
  document.title = receiptTexts.tittel;
  window.scrollTo(0, 0);
  page.querySelector('[data-felt="overskrift"]').focus();
}

const messageOf = (refused) => (refused.reason === "OFFLINE" ? texts.frakoblet : refused.message || setup.errors[refused.reason]);

// While it is not known whether a report arrived, or it is on its way, nothing in the form can be changed.
function setBusy(isBusy) {
  for (const section of formElement.querySelectorAll("section")) {
    if (!section.contains(progress)) section.inert = isBusy;
  }
  const button = document.getElementById("send");
  button.disabled = isBusy;
  button.setAttribute("aria-busy", String(isBusy));
}

function showProgress(text, documentSha256) {
  const sum = Object.assign(document.createElement("code"), { textContent: documentSha256 });
  sum.dataset.documentSha256 = documentSha256;
  const about = element("p", "sv-muted sv-sum", `${texts.kontrollsum}: `);
  about.append(sum);
  progress.replaceChildren(element("p", "ds-paragraph", text), about);
}

function showFailure(message, again = null) {
  const alert = element("div", "ds-alert sv-stack", "");
  alert.dataset.color = "danger";
  alert.setAttribute("role", "alert");
  if (!again) alert.append(element("h3", "ds-heading", texts.ikke_sendt));
  alert.append(element("p", "ds-paragraph", message), element("p", "ds-paragraph", texts.ring));
  if (again) {
    const button = element("button", "ds-button", texts.proev_igjen);
    button.type = "button";
    button.addEventListener("click", again, { once: true });
    alert.append(button);
  }
  progress.replaceChildren(alert);
}

const element = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text });
