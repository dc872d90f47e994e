#pragma once
// What the streams of the program lead to, and what may be shown there.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cli {

/// `colour` adds the escape sequences of a terminal.
enum class Style : std::uint8_t { plain, colour };

/// What decides about colour.
struct Surroundings {
  enum class Sink : std::uint8_t { terminal, other } sink = Sink::other;
  std::optional<std::string> no_color;  // the environment variables of these names
  std::optional<std::string> term;
};

/// Colour on a terminal, unless NO_COLOR is set and not empty (no-color.org) or TERM is "dumb" or
/// not set.
[[nodiscard]] Style choose_style(const Surroundings& surroundings);

[[nodiscard]] Style stdout_style();
[[nodiscard]] Style stderr_style();

/// "simulating [#####.....] 5/10, 2.0/s, 3 s left", in at most 79 columns for labels of up to 30.
/// No rate before something is done. Requires done <= total.
[[nodiscard]] std::string progress_line(std::string_view label, std::size_t done, std::size_t total,
                                        std::chrono::duration<double> elapsed);

/// A progress bar on stderr that takes itself away when done; silent where stderr is no terminal.
class Progress {
 public:
  explicit Progress(std::string label);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  Progress(Progress&&) = delete;
  Progress& operator=(Progress&&) = delete;
  ~Progress();

  /// Cheap: draws at most ten times a second.
  void update(std::size_t done, std::size_t total);

  /// Wipes the line. So does the destructor, when a failure cuts the work short.
  void finish();

 private:
  using Wall = std::chrono::steady_clock;

  std::string label_;
  bool is_shown_;
  bool is_drawn_ = false;
  Wall::time_point start_ = Wall::now();
  Wall::time_point next_draw_ = start_;
};

}  // namespace cli
