// A QR code read by the camera, where the browser can; where not, the page says so, and the number is typed.

const INTERVAL_MS = 250;
const form = document.querySelector("form[data-scan]");

if (form) build();

async function reads() {
  if (!("BarcodeDetector" in window && navigator.mediaDevices)) return false;
  return (await window.BarcodeDetector.getSupportedFormats()).includes("qr_code");
}

async function build() {
  if (!(await reads().catch(() => false))) {
    const said = document.createElement("p");
    said.className = "hint";
    said.textContent = form.dataset.scanNone;
    form.prepend(said);
    return;
  }
  const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
  const start = document.createElement("button");
  start.type = "button";
  start.className = "btn wide";
  start.textContent = form.dataset.scanLabel;
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  form.prepend(start, said);
  let stop = null;
  start.addEventListener("click", async () => {
    if (stop) return stop();
    try {
      stop = await watch(detector, start, () => { stop = null; start.textContent = form.dataset.scanLabel; });
      start.textContent = form.dataset.scanStop;
    } catch {
      said.textContent = form.dataset.scanRefused;
    }
  });
}

async function watch(detector, before, ended) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  const video = document.createElement("video");
  video.className = "camera";
  video.muted = video.playsInline = true;
  video.srcObject = stream;
  before.after(video);
  await video.play();
  const timer = setInterval(async () => {
    const [code] = await detector.detect(video).catch(() => []);
    if (!code) return;
    stop();
    form.elements.number.value = code.rawValue;
    form.requestSubmit();
  }, INTERVAL_MS);
  function stop() {
    clearInterval(timer);
    stream.getTracks().forEach((track) => track.stop());
    video.remove();
    ended();
  }
  return stop;
}
