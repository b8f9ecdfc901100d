// Reads a printed code with the camera where the browser knows how; elsewhere the page explains the other ways.
const box = document.querySelector("[data-scan]");
const LOOK_EVERY = 250;

async function canRead() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return false;
  return (await window.BarcodeDetector.getSupportedFormats()).includes("qr_code");
}

async function read() {
  const view = box.querySelector("video");
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  view.srcObject = stream;
  await view.play();
  const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
  const timer = setInterval(async () => {
    const [found] = await detector.detect(view).catch(() => []);
    if (!found) return;
    clearInterval(timer);
    stream.getTracks().forEach((track) => track.stop());
    location.href = `${location.pathname}?code=${encodeURIComponent(found.rawValue)}`;
  }, LOOK_EVERY);
}

if (box && (await canRead())) {
  box.hidden = false;
  document.querySelector("[data-no-scan]").hidden = true;
  box.querySelector("button").addEventListener("click", () => read().catch(() => {
    box.hidden = true;
    document.querySelector("[data-no-scan]").hidden = false;
  }));
}
