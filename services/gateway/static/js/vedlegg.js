// The attachments: what is used of the limit, shown while choosing, and what is wrong with them.

const PDF = [0x25, 0x50, 0x44, 0x46, 0x2d];

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1).replace(".", ",")} MB`;
const total = (files) => files.reduce((sum, file) => sum + file.size, 0);

export function showWhatIsLeft(input, texts, limits) {
  const shown = document.getElementById("vedlegg-igjen");
  input.addEventListener("change", () => {
    const used = total([...input.files]);
    const left = Math.max(0, limits.attachmentBytes - used);
    const text = used > limits.attachmentBytes ? texts.vedlegg_for_stort : texts.vedlegg_igjen;
    shown.textContent = text.replace("{brukt}", megabytes(used)).replace("{igjen}", megabytes(left));
    shown.hidden = input.files.length === 0;
  });
}

// {contents: [bytes], fault: text or ""}
export async function readAttachments(input, texts, limits) {
  const files = [...input.files].filter((file) => file.size > 0);
  if (files.length > limits.attachments) return { contents: [], fault: texts.vedlegg_for_mange };
  const used = total(files);
  if (used > limits.attachmentBytes) return { contents: [], fault: texts.vedlegg_for_stort.replace("{brukt}", megabytes(used)) };
  const contents = await Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer())));
  const isPdf = contents.every((bytes) => PDF.every((byte, index) => bytes[index] === byte));
  return isPdf ? { contents, fault: "" } : { contents: [], fault: texts.vedlegg_ikke_pdf };
}
