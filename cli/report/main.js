// Starts the page, and draws again when its colours or its size change.

function draw_again() {
  if (chart.drawing) {
    draw_chart();
  }
  if (timeline.painter) {
    paint_timeline();
  }
}

for (const hidden of document.querySelectorAll("[data-script]")) {
  hidden.hidden = false;
}
start_table();
start_charts();
start_timeline();
const first = data.point ?? data.best;
if (first !== null && row_of_point(first) !== null) {
  state.chosen = row_of_point(first);
  mark_chosen(state.chosen);
  draw_details(state.chosen);
  draw_again();
}

window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw_again);
window.matchMedia("print").addEventListener("change", draw_again);
window.addEventListener("beforeprint", draw_again);
window.addEventListener("afterprint", draw_again);
document.documentElement.dataset.ready = "yes"; // for tests: all is drawn
