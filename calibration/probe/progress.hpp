#pragma once
// What is shown on stderr while points are measured.

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "calibration/probe/sampling.hpp"

namespace probe {

/// "gemm 12/340, 3 min 5 s left"
[[nodiscard]] std::string progress_text(std::string_view group, std::size_t done, std::size_t total,
                                        Seconds left);

/// A line that is drawn over and over on a terminal; elsewhere one line per group.
class Progress {
 public:
  /// The plan is expected to take `expected`.
  explicit Progress(Seconds expected);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  Progress(Progress&&) = delete;
  Progress& operator=(Progress&&) = delete;
  ~Progress();

  void begin_group(std::string_view name, std::size_t points);

  /// A point is done that was expected to take so long.
  void point_done(Seconds expected);

  /// A line that stays, such as a point that could not be measured.
  void note(const std::string& text);

 private:
  void draw();
  void wipe();

  using Wall = std::chrono::steady_clock;

  bool is_terminal_;
  bool is_drawn_ = false;
  std::string group_;
  std::size_t done_ = 0;
  std::size_t points_ = 0;
  Seconds expected_;
  Seconds expected_done_{0};
  Wall::time_point start_ = Wall::now();
  Wall::time_point next_draw_ = start_;
};

}  // namespace probe
