#include "planning/seconds.hpp"

#include "sim/contract.hpp"

namespace planning {

Seconds transfer_time(sim::Bytes size, sim::Bandwidth bandwidth) {
  sim::require(bandwidth.count() > 0, "a bandwidth is above 0");
  return Seconds{static_cast<double>(size.count()) / static_cast<double>(bandwidth.count())};
}

}  // namespace planning
