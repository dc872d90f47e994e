#include "calibration/probe/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

namespace probe {

std::string progress_text(std::string_view group, std::size_t done, std::size_t total,
                          Seconds left) {
  constexpr double minute = 60;
  const double seconds = std::ceil(left.count());
  const std::string time = seconds < minute
                               ? fmt::format("{:.0f} s", seconds)
                               : fmt::format("{:.0f} min {:.0f} s", std::floor(seconds / minute),
                                             std::fmod(seconds, minute));
  return fmt::format("{} {}/{}, {} left", group, done, total, time);
}

Progress::Progress(Seconds expected)
    : is_terminal_{::isatty(STDERR_FILENO) != 0}, expected_{expected} {}

Progress::~Progress() {
  wipe();
}

void Progress::begin_group(std::string_view name, std::size_t points) {
  group_ = name;
  done_ = 0;
  points_ = points;
  next_draw_ = Wall::now();
  if (is_terminal_) {
    draw();
  } else {
    fmt::print(stderr, "{}: {} points\n", group_, points_);
  }
}

void Progress::point_done(Seconds expected) {
  ++done_;
  expected_done_ += expected;
  draw();
}

void Progress::note(const std::string& text) {
  wipe();
  fmt::print(stderr, "{}\n", text);
}

void Progress::draw() {
  constexpr std::chrono::milliseconds between{100};
  const Wall::time_point now = Wall::now();
  if (!is_terminal_ || now < next_draw_) {
    return;
  }
  next_draw_ = now + between;
  // Expected times are bounds: what is left shrinks as what is done turns out to be faster.
  const Seconds elapsed = now - start_;
  constexpr double enough_s = 2;
  const double pace =
      expected_done_.count() > enough_s ? elapsed.count() / expected_done_.count() : 1;
  const Seconds left = (expected_ - expected_done_) * pace;
  fmt::print(stderr, "\r\x1b[K{}",
             progress_text(group_, done_, points_, std::max(left, Seconds{0})));
  std::fflush(stderr);
  is_drawn_ = true;
}

void Progress::wipe() {
  if (is_drawn_) {
    fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
    is_drawn_ = false;
  }
}

}  // namespace probe
