// Filters, copy buttons and links into folded parts. The page is whole without it.
"use strict";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

function say(text) {
  document.getElementById("said").textContent = text;
}

// A link to a folded failure unfolds it.
function unfoldTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let at = target; at; at = at.parentElement) if (at.matches("details")) at.open = true;
  target.scrollIntoView();
  const heading = target.querySelector("summary");
  if (heading) heading.focus({ preventScroll: true });
}

addEventListener("hashchange", unfoldTarget);
if (location.hash) unfoldTarget();

async function copy(button) {
  const code = button.parentElement.querySelector("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
    say(button.dataset.copied);
    button.classList.add("done");
  } catch {
    getSelection().selectAllChildren(code);
    say("Selected: copy it with your keyboard");
  }
}

for (const button of all("button.copy")) button.addEventListener("click", () => copy(button));

for (const button of all("button.unfold")) {
  const folds = all("details.card", button.closest("section"));
  button.hidden = folds.length < 2;
  const label = () => (folds.every((fold) => fold.open) ? "Fold all" : "Unfold all");
  button.textContent = label();
  button.addEventListener("click", () => {
    const open = !folds.every((fold) => fold.open);
    for (const fold of folds) fold.open = open;
    button.textContent = label();
  });
}

// Rows carry data-verdict and data-family; families fold away when nothing in them is left.
for (const form of all("form.filters")) {
  const section = form.closest("section");
  const rows = all("tbody tr[data-family]", section);
  const families = all("details.family", section);
  const opened = families.map((family) => family.open);
  const tiles = all("button.tile", form);
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

  const filter = () => {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const family = form.elements.family.value;
    const pressed = tiles.filter((tile) => tile.getAttribute("aria-pressed") === "true");
    const verdicts = new Set(pressed.map((tile) => tile.dataset.verdict));
    const verdictsOf = (row) => row.dataset.verdict.split(" ");
    const any = words.length > 0 || family !== "" || verdicts.size > 0;
    let found = 0;
    for (const row of rows) {
      const fits =
        (!verdicts.size || verdictsOf(row).some((verdict) => verdicts.has(verdict))) &&
        (!family || row.dataset.family === family) &&
        words.every((word) => texts.get(row).includes(word));
      row.hidden = !fits;
      found += fits;
    }
    families.forEach((fold, index) => {
      const left = all("tbody tr[data-family]", fold).some((row) => !row.hidden);
      fold.hidden = !left;
      fold.open = any ? left : opened[index];
    });
    form.querySelector(".found").textContent = any ? `${found} of ${rows.length} clauses` : "";
  };

  for (const tile of tiles) {
    tile.addEventListener("click", () => {
      tile.setAttribute("aria-pressed", String(tile.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  }
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => {
    for (const tile of tiles) tile.setAttribute("aria-pressed", "false");
    setTimeout(filter); // once the fields are empty
  });
  form.hidden = false;
}
