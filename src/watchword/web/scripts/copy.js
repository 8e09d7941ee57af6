// Copies a key, or prints a sheet. Both are also possible by hand: the text is selectable, and browsers print.
export function copyButtons() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    const label = button.querySelector("[data-label]");
    const before = label.textContent;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.dataset.text ?? source.textContent.trim());
        label.textContent = button.dataset.done;
      } catch {
        getSelection().selectAllChildren(source);
        label.textContent = button.dataset.selected;
      }
      setTimeout(() => (label.textContent = before), 4000);
    });
  }
}

export function printButtons() {
  for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());
}
