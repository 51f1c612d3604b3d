// Fills the receipt page from a verified receipt, as services/gateway/receipt_page.py does.

import { hex, unb64 } from "./bytes.js";
import { receiptDocument } from "./statements.js";

const ZONE = "Europe/Oslo";

export function longMoment(text) {
  const at = new Date(text);
  const day = new Intl.DateTimeFormat("nb-NO", { timeZone: ZONE, dateStyle: "full" }).format(at);
  const time = new Intl.DateTimeFormat("nb-NO", { timeZone: ZONE, hour: "2-digit", minute: "2-digit" }).format(at);
  return `${day} kl. ${time.replace(":", ".")}`;
}

const longDate = (day) => new Intl.DateTimeFormat("nb-NO", { timeZone: "UTC", dateStyle: "full" }).format(new Date(day));

// receipt: {statement, said}. Returns the element to show.
export function receiptElement(receipt, digits, documentSha256, texts) {
  const { said, statement } = receipt;
  const page = document.getElementById("kvittering").content.cloneNode(true).firstElementChild;
  const slot = (name) => page.querySelector(`[data-felt="${name}"]`);
  const put = (name, text) => {
    slot(name).textContent = text;
  };
  put("ingress", slot("ingress").dataset.mal.replace("{tjeneste}", said.tjeneste.navn));
  slot("haster").hidden = !said.is_urgent;
  put("kode", digits);
  put("referanse", said.reference);
  put("mottatt", longMoment(said.received_at));
  put("svar", longDate(said.feedback_due));
  put("dokument", documentSha256);
  slot("dokument").dataset.documentSha256 = documentSha256;
  put("digest", hex(unb64(said.digest)));
  put("nummer", `${said.epoch}–${said.number}`);
  put("melding-id", said.melding_id);
  slot("kvittering").value = statement;
  slot("lesere").replaceChildren(...said.readers.map((code) => line(readerText(code, said.tjeneste.navn, texts))));
  page.querySelector("#last-ned").addEventListener("submit", (event) => {
    event.preventDefault();
    download(receiptDocument(statement), texts.filnavn);
  });
  return page;
}

function readerText(code, tjeneste, texts) {
  return (texts.lesere[code.split(":")[0]] ?? code).replace("{tjeneste}", tjeneste);
}

const line = (text) => Object.assign(document.createElement("li"), { textContent: text });

function download(text, name) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}
