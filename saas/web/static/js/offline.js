// Offline says so once, quietly; the service worker keeps the shell.
const band = document.querySelector("[data-offline]");

function show() {
  if (band) band.hidden = navigator.onLine;
  if (navigator.onLine && location.pathname === "/offline") location.href = "/";
}

window.addEventListener("online", show);
window.addEventListener("offline", show);
show();

if ("serviceWorker" in navigator && window.isSecureContext) {
  navigator.serviceWorker.register("/sw.js").catch(() => {});
}
