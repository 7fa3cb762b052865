/** What this browser remembers. Private windows may refuse storage; then a choice lasts as long as the page. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`scaicontrol.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`scaicontrol.${key}`);
    else localStorage.setItem(`scaicontrol.${key}`, value);
  } catch {
    // Nothing is lost but the memory of the choice.
  }
}
