#pragma once

#include <string>
#include <vector>

#include "collectives/group.hpp"
#include "collectives/registry.hpp"
#include "collectives/request.hpp"
#include "topology/registry.hpp"

/// A network and all its GPUs as one group.
struct Machine {
  explicit Machine(const std::string& text)
      : name{text},
        topology{topology::load("test", text)},
        group{collectives::whole_group(topology)} {}

  [[nodiscard]] collectives::Request request(collectives::Collective collective,
                                             sim::Bytes bytes) const {
    collectives::Request request;
    request.topology = &topology;
    request.group = &group;
    request.collective = collective;
    request.bytes = bytes;
    return request;
  }

  std::string name;
  topology::Topology topology;
  collectives::Group group;
};

/// The algorithm called `name`. Throws if there is none.
inline const collectives::Algorithm& algorithm(collectives::Collective collective,
                                               const std::string& name) {
  return collectives::find_algorithm(collective, sim::ConfigNode::scalar("test", name));
}

/// Networks with `ranks` GPUs of every kind that has such a shape.
std::vector<std::string> machines_of(int ranks);
