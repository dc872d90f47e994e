#include "cli/interrupt.hpp"

#include <array>
#include <atomic>
#include <csignal>

namespace cli {
namespace {

constexpr std::array signals{SIGINT, SIGTERM};

/// A signal's handler has no other way to say anything.
std::atomic<bool>& stop_flag() {
  static std::atomic<bool> flag{false};
  return flag;
}

void on_signal(int number) {
  stop_flag() = true;
  std::signal(number, SIG_DFL);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  stop_flag() = false;  // made before there is a handler that asks for it
  for (const int number : signals) {
    std::signal(number, on_signal);
  }
}

InterruptGuard::~InterruptGuard() {
  for (const int number : signals) {
    std::signal(number, SIG_DFL);
  }
}

bool InterruptGuard::was_asked_to_stop() {
  return stop_flag();
}

}  // namespace cli
