#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sim/fabric.hpp"

namespace topology {

/// A packet behind one link waits for room behind the next one. (Not behind its last one: a host
/// takes it in.)
struct Wait {
  sim::Hop behind;
  sim::Hop next;
};

/// Divides lanes into layers, such that the packets of one layer can never wait for each other in a
/// circle. If the waits of all lanes form none, as in trees and with dimension order, all are in
/// layer 0. (T. Skeie, O. Lysne and I. Theiss, "Layered shortest path (LASH) routing in irregular
/// system area networks", IPDPS 2002; W. Dally and C. Seitz, IEEE TC 36(5), 1987.)
class ChannelLayers {
 public:
  /// Of a network of so many links, with `most` layers at most.
  ChannelLayers(std::size_t links, std::int32_t most);
  ChannelLayers(const ChannelLayers&) = delete;
  ChannelLayers& operator=(const ChannelLayers&) = delete;
  ChannelLayers(ChannelLayers&&) = delete;
  ChannelLayers& operator=(ChannelLayers&&) = delete;
  ~ChannelLayers();

  /// The first layer in which a lane whose packets wait like this closes no circle; it is there
  /// from now on. The hops have the classes of channels that routing gave them.
  [[nodiscard]] std::uint8_t place(std::span<const Wait> waits);

 private:
  class Layer;
  std::size_t channels_;
  std::size_t most_;
  std::vector<std::unique_ptr<Layer>> layers_;
};

}  // namespace topology
