#pragma once

#include <string>
#include <utility>
#include <vector>

#include "collectives/group.hpp"
#include "collectives/registry.hpp"
#include "collectives/request.hpp"
#include "topology/registry.hpp"

/// A network and all its GPUs as one group.
struct Machine {
  explicit Machine(const std::string& text) : Machine{text, topology::load("test", text)} {}
  Machine(std::string its_name, topology::Topology its_topology)
      : name{std::move(its_name)},
        topology{std::move(its_topology)},
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

/// Networks with `ranks` GPUs of every kind that has such a shape, among them custom ones that no
/// builder would make.
std::vector<Machine> machines_of(int ranks);
