#include "workloads/operations.hpp"

#include <algorithm>
#include <cmath>

namespace workloads {

std::int32_t Operations::number_of(Axis axis, collectives::Collective collective, double bytes) {
  auto& known = all_[static_cast<std::size_t>(axis)];
  const sim::Bytes size{std::llround(bytes)};
  const auto found = std::ranges::find_if(known, [&](const Operation& each) {
    return each.collective == collective && each.bytes == size;
  });
  const auto number = static_cast<std::int32_t>(found - known.begin());
  if (found == known.end()) {
    known.push_back({collective, size});
  }
  return number;
}

std::int32_t Operations::label(const std::string& name) {
  const auto next = static_cast<std::int32_t>(labels_.size());
  const auto [found, is_new] = label_numbers_.try_emplace(name, next);
  if (is_new) {
    labels_.push_back(name);
  }
  return found->second;
}

std::int32_t Operations::amount(sim::Bytes bytes) {
  const auto found = std::ranges::find(amounts_, bytes);
  const auto number = static_cast<std::int32_t>(found - amounts_.begin());
  if (found == amounts_.end()) {
    amounts_.push_back(bytes);
  }
  return number;
}

}  // namespace workloads
