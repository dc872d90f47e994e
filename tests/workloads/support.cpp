#include "tests/workloads/support.hpp"

#include "sim/config.hpp"
#include "workloads/model_file.hpp"

namespace workloads {

calibration::GpuProfile shipped_profile(const std::string& name) {
  const std::string path = std::string{SOURCE_DIR} + "/configs/profiles/" + name + ".yaml";
  return calibration::read_profile(sim::ConfigNode::load(path)).gpus.front();
}

Gpu shipped_gpu(const std::string& name) {
  return read_gpu(
      sim::ConfigNode::load(std::string{SOURCE_DIR} + "/configs/gpus/" + name + ".yaml"));
}

const calibration::GpuProfile& a100() {
  static const calibration::GpuProfile profile = shipped_profile("a100");
  return profile;
}

const calibration::GpuProfile& h100() {
  static const calibration::GpuProfile profile = shipped_profile("h100");
  return profile;
}

Transformer model_of(const std::string& text) {
  return read_model(sim::ConfigNode::parse("m.yaml", text));
}

}  // namespace workloads
