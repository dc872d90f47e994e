// Built where CMake finds no MPI.

#include <string>

#include "calibration/probe/world.hpp"
#include "sim/error.hpp"

namespace probe {

std::unique_ptr<World> make_launched_world() {
  throw sim::Error{std::string{"espalier-calibrate"},
                   "started several times by a launcher, but built without MPI\n"
                   "  hint: build it where CMake finds MPI, or start it once: it uses all GPUs of "
                   "a machine"};
}

}  // namespace probe
