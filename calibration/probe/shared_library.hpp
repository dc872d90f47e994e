#pragma once
// Libraries that are there on some machines only, loaded when the program runs.

#include <bit>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace probe {

/// A loaded library. Its code stays in memory until the program ends.
class SharedLibrary {
 public:
  /// The first of `names` that the loader finds, or nothing.
  [[nodiscard]] static std::optional<SharedLibrary> open(const std::vector<std::string>& names);

  /// The function called `name`, or null if this version of the library has none.
  template <class Function>
  [[nodiscard]] Function* find(const char* name) const {
    return std::bit_cast<Function*>(address(name));  // what POSIX has dlsym() for
  }

  /// The same, of a function that every version has. Throws sim::Failure if it is not there.
  template <class Function>
  [[nodiscard]] Function* at(const char* name) const {
    auto* const found = find<Function>(name);
    if (found == nullptr) {
      fail_missing(name);
    }
    return found;
  }

 private:
  struct Close {
    void operator()(void* handle) const;
  };
  explicit SharedLibrary(void* handle) : handle_{handle} {}
  [[nodiscard]] void* address(const char* name) const;
  [[noreturn]] static void fail_missing(const char* name);

  std::unique_ptr<void, Close> handle_;
};

}  // namespace probe
