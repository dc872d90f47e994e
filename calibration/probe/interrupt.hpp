#pragma once
// Ctrl-C, as a question that is asked between points.

#include <csignal>

namespace probe {

/// Holds back SIGINT for this thread and those it starts later: it ends nothing any more, but shows
/// up here. Make one before the first thread, which the first call of CUDA starts.
class Interrupt {
 public:
  Interrupt() {
    ::sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGINT);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  }

  /// Not static: it tells nothing before one is made.
  // NOLINTNEXTLINE(readability-convert-member-functions-to-static)
  [[nodiscard]] bool is_requested() const {
    ::sigset_t pending;
    ::sigpending(&pending);
    return ::sigismember(&pending, SIGINT) == 1;
  }
};

}  // namespace probe
