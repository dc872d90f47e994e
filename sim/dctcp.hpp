#pragma once

#include <cstdint>

#include "sim/ethernet_options.hpp"

namespace sim {

/// The window of one DCTCP sender, in packets.
///
/// It grows by a packet with every packet that arrives, until the first mark or loss; from then on
/// by a packet a window. When all of a window has arrived, alpha moves towards the share of its
/// packets that were marked, and the window shrinks by alpha / 2 if any was.
class DctcpWindow {
 public:
  explicit DctcpWindow(const DctcpOptions& options)
      : gain_{options.gain}, window_{static_cast<double>(options.first_window)} {}

  /// How many packets may be on their way; at least 1.
  [[nodiscard]] std::uint32_t packets() const { return static_cast<std::uint32_t>(window_); }

  /// It is known that all packets before `arrived` have arrived, the last of them `marked` or not,
  /// and `next` is the one to be sent next.
  void on_arrived(std::uint32_t arrived, std::uint32_t next, bool marked);

  /// Packets were lost.
  void on_loss();

  [[nodiscard]] double alpha() const { return alpha_; }

 private:
  double gain_;
  double window_;
  double alpha_ = 1;
  bool slow_start_ = true;
  std::uint32_t window_end_ = 0;  // when this has arrived, a window has passed
  std::uint32_t seen_ = 0;        // in this window: packets
  std::uint32_t marked_ = 0;
};

}  // namespace sim
