#pragma once
// Ctrl-C, and being asked to end: work stops where nothing is lost.

namespace cli {

/// While one is there, SIGINT and SIGTERM do not end the program but are remembered; one that comes
/// half a second later or more ends it.
class InterruptGuard {
 public:
  InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  InterruptGuard(InterruptGuard&&) = delete;
  InterruptGuard& operator=(InterruptGuard&&) = delete;
  ~InterruptGuard();

  /// Has there been one since?
  [[nodiscard]] static bool was_asked_to_stop();
};

}  // namespace cli
