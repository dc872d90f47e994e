#include "cli/terminal.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "sim/contract.hpp"

namespace cli {
namespace {

constexpr std::string_view wipe_line = "\r\x1b[K";
constexpr std::chrono::milliseconds between_draws{100};

std::optional<std::string> variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

Style style_of(int descriptor) {
  using Sink = Surroundings::Sink;
  return choose_style({.sink = ::isatty(descriptor) == 1 ? Sink::terminal : Sink::other,
                       .no_color = variable("NO_COLOR"),
                       .term = variable("TERM")});
}

/// A bar needs a terminal that can go back to the start of a line; colour it does not need.
bool can_redraw_stderr() {
  const std::optional<std::string> term = variable("TERM");
  return ::isatty(STDERR_FILENO) == 1 && term.has_value() && *term != "dumb";
}

std::string time_text(double seconds) {
  constexpr double minute = 60;
  constexpr double hour = 3600;
  // Compared after rounding, so that nothing reads "60 s".
  const double whole = std::ceil(seconds);
  if (whole < minute) {
    return fmt::format("{:.0f} s", whole);
  }
  return whole < hour ? fmt::format("{:.0f} min", std::ceil(whole / minute))
                      : fmt::format("{:.1f} h", whole / hour);
}

void write_stderr(std::string_view text) noexcept {
  // A bar that cannot be drawn is no reason to stop, so the counts are not looked at.
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

Style choose_style(const Surroundings& surroundings) {
  const bool refused = surroundings.no_color.has_value() && !surroundings.no_color->empty();
  const bool able = surroundings.sink == Surroundings::Sink::terminal &&
                    surroundings.term.has_value() && !surroundings.term->empty() &&
                    *surroundings.term != "dumb";
  return able && !refused ? Style::colour : Style::plain;
}

Style stdout_style() {
  return style_of(STDOUT_FILENO);
}
Style stderr_style() {
  return style_of(STDERR_FILENO);
}

std::string progress_line(std::string_view label, std::size_t done, std::size_t total,
                          std::chrono::duration<double> elapsed) {
  sim::require(done <= total, "progress_line: done <= total");
  constexpr std::size_t cells = 20;
  const std::size_t filled = total == 0 ? cells : done * cells / total;
  std::string line =
      fmt::format("{} [{:#<{}}{:.<{}}] {}/{}", label, "", filled, "", cells - filled, done, total);
  if (done > 0 && elapsed.count() > 0) {
    const double rate = static_cast<double>(done) / elapsed.count();
    line += fmt::format(", {:.{}f}/s, {} left", rate, rate < 10 ? 1 : 0,
                        time_text(static_cast<double>(total - done) / rate));
  }
  return line;
}

Progress::Progress(std::string label) : label_{std::move(label)}, is_shown_{can_redraw_stderr()} {}

Progress::~Progress() {
  finish();
}

void Progress::update(std::size_t done, std::size_t total) {
  const Wall::time_point now = Wall::now();
  if (!is_shown_ || now < next_draw_) {
    return;
  }
  next_draw_ = now + between_draws;
  is_drawn_ = true;
  write_stderr(fmt::format("{}{}", wipe_line, progress_line(label_, done, total, now - start_)));
}

void Progress::finish() {
  if (std::exchange(is_drawn_, false)) {
    write_stderr(wipe_line);
  }
}

}  // namespace cli
