#include "calibration/probe/shared_library.hpp"

#include <dlfcn.h>

#include <fmt/format.h>

#include "sim/error.hpp"

namespace probe {

void SharedLibrary::Close::operator()(void* handle) const {
  ::dlclose(handle);
}

std::optional<SharedLibrary> SharedLibrary::open(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    // NCCL has threads that end when the program does: its code must be there until then.
    constexpr int mode = RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE;
    if (void* handle = ::dlopen(name.c_str(), mode); handle != nullptr) {
      return SharedLibrary{handle};
    }
  }
  return std::nullopt;
}

void* SharedLibrary::address(const char* name) const {
  return ::dlsym(handle_.get(), name);
}

void SharedLibrary::fail_missing(const char* name) {
  throw sim::Failure{fmt::format("a library has no '{}': it is too old, or another one", name)};
}

}  // namespace probe
