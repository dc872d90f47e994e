#pragma once

#include <cstdint>

namespace sim {

/// The memory of a switch, which the queues of all its ports share. One queue may take so many
/// times what is free (A. Choudhury and E. Hahne, "Dynamic queue length thresholds for
/// shared-memory packet switches", IEEE/ACM ToN 6(2), 1998), so that a busy port leaves room for
/// others.
struct SharedBuffer {
  std::int64_t size = 0;  // bytes
  std::int64_t used = 0;

  /// Is there room for a packet at the end of a queue?
  [[nodiscard]] bool admits(std::int64_t queue, std::int64_t bytes, double share) const {
    const std::int64_t free = size - used;
    return bytes <= free && static_cast<double>(queue + bytes) <= share * static_cast<double>(free);
  }
};

}  // namespace sim
