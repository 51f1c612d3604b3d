// Leaves the page at once: by the button, or by pressing Shift three times. The page before stays in the history; only
// the one that is left is replaced. Without this script the button is a plain link.

const PRESSES = 3;
const WITHIN_MS = 3000;

const button = document.querySelector("[data-forlat]");

function leave() {
  document.documentElement.hidden = true;
  document.title = "…";
  window.location.replace(button.href);
}

button.addEventListener("click", (event) => {
  event.preventDefault();
  leave();
});

let presses = [];
document.addEventListener("keyup", (event) => {
  if (event.key !== "Shift") {
    presses = [];
    return;
  }
  presses = [...presses, event.timeStamp].filter((at) => event.timeStamp - at < WITHIN_MS);
  if (presses.length >= PRESSES) leave();
});

// A page that the browser kept whole in memory must not come back by the back button with what was written.
window.addEventListener("pageshow", (event) => {
  if (event.persisted && document.documentElement.hidden) window.location.replace("/");
});
