#pragma once
// What many scenarios name, read and built once.

#include <map>
#include <string>

#include "calibration/profile.hpp"
#include "topology/topology.hpp"

namespace cli {

/// For those who read many scenarios, one after the other.
struct KnownFiles {
  std::map<std::string, calibration::Profile> profiles;  // by file
  std::map<std::string, std::string> profile_hashes;     // by file and GPU
  std::map<std::string, topology::Topology> topologies;  // by what a scenario says of it
  std::map<std::string, std::string> topology_hashes;    // likewise
};

}  // namespace cli
