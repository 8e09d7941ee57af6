// Shows or hides what is typed into a secret's field; hides it again before the form goes, so that the browser does not
// keep it among what was typed into text fields.
export function revealButtons() {
  for (const button of document.querySelectorAll("[data-reveal]")) {
    const input = document.getElementById(button.dataset.reveal);
    button.addEventListener("click", () => {
      show(button, input, input.type === "password");
      input.focus();
    });
    input.form?.addEventListener("submit", () => show(button, input, false));
  }
}

export function show(button, input, visible) {
  input.type = visible ? "text" : "password";
  button.textContent = visible ? button.dataset.hide : button.dataset.show;
  button.setAttribute("aria-label", visible ? button.dataset.hideLabel : button.dataset.showLabel);
}
