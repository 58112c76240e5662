// Fills in where the telephone is, when its owner asks for it; nothing is sent before the button of the form.

const button = document.querySelector("[data-here]");
if (button && navigator.geolocation) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const problem = document.querySelector("[data-problem]");
    problem.hidden = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const fill = (name, value) => (button.form.elements[name].value = value);
        fill("lon", coords.longitude.toFixed(6));
        fill("lat", coords.latitude.toFixed(6));
        if (coords.speed !== null) fill("speed", (coords.speed * 3.6).toFixed(1));
      },
      () => (problem.hidden = false),
      { enableHighAccuracy: true, timeout: 20000 },
    );
  });
}
