#include "sim/dctcp.hpp"

#include <algorithm>

namespace sim {

void DctcpWindow::on_arrived(std::uint32_t arrived, std::uint32_t next, bool marked) {
  ++seen_;
  marked_ += marked ? 1 : 0;
  slow_start_ = slow_start_ && !marked;
  window_ += slow_start_ ? 1 : 1 / window_;
  if (static_cast<std::int32_t>(arrived - window_end_) < 0) {  // numbers wrap
    return;
  }
  alpha_ = ((1 - gain_) * alpha_) + (gain_ * marked_ / seen_);
  if (marked_ > 0) {
    window_ = std::max(window_ * (1 - (alpha_ / 2)), 1.0);
  }
  window_end_ = next;
  seen_ = 0;
  marked_ = 0;
}

void DctcpWindow::on_loss() {
  slow_start_ = false;
  window_ = std::max(window_ / 2, 1.0);
}

}  // namespace sim
