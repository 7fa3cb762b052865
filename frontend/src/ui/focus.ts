/** After a navigation, or when the button that had the focus is gone: without this a screen reader hears nothing. */
export function focusMain(): void {
  document.getElementById("main")?.focus({ preventScroll: true });
}
