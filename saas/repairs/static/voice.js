// Speaking instead of typing, where the browser can listen; elsewhere the button stays hidden.
const Listener = window.SpeechRecognition ?? window.webkitSpeechRecognition;

function attach(button) {
  const field = document.getElementById(button.dataset.voice);
  const label = button.querySelector("span");
  const idle = label.textContent;
  let listening = null;

  function stop() {
    listening = null;
    button.classList.remove("is-listening");
    label.textContent = idle;
  }

  button.hidden = false;
  button.addEventListener("click", () => {
    if (listening) return listening.stop();
    listening = new Listener();
    listening.lang = button.dataset.lang;
    listening.interimResults = true;
    const before = field.value;
    listening.onresult = (event) => {
      field.value = before + [...event.results].map((result) => result[0].transcript).join("");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    listening.onend = stop;
    listening.onerror = stop;
    button.classList.add("is-listening");
    label.textContent = button.dataset.listening;
    listening.start();
  });
}

if (Listener) document.querySelectorAll("[data-voice]").forEach(attach);
