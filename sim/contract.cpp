#include "sim/contract.hpp"

#include <cstdio>
#include <cstdlib>

#include <fmt/core.h>

namespace sim {

void require(bool holds, std::string_view what, std::source_location where) {
  if (holds) [[likely]] {
    return;
  }
  // The only print outside the program's top layer: there is nobody left to throw to.
  fmt::print(stderr, "{}:{}: broken contract in {}: {}\n", where.file_name(), where.line(),
             where.function_name(), what);
  std::abort();
}

}  // namespace sim
