#include "cli/interrupt.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>

namespace cli {
namespace {

constexpr std::array signals{SIGINT, SIGTERM};

using Clock = std::chrono::steady_clock;

/// `timeout` and others send a signal to a process and then to its whole group: within this time
/// both are one wish.
constexpr Clock::duration same_wish = std::chrono::milliseconds{500};

constexpr Clock::rep never = -1;

/// When the first one came. A signal's handler has no other way to say anything.
std::atomic<Clock::rep>& first_asked() {
  static std::atomic<Clock::rep> at{never};
  return at;
}

void on_signal(int number) {
  const Clock::rep now = Clock::now().time_since_epoch().count();
  Clock::rep first = never;
  if (!first_asked().compare_exchange_strong(first, now) && now - first > same_wish.count()) {
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
}

}  // namespace

InterruptGuard::InterruptGuard() {
  first_asked() = never;  // made before there is a handler that asks for it
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
  return first_asked() != never;
}

}  // namespace cli
