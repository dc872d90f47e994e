#include "calibration/probe/nccl_library.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "calibration/probe/check.hpp"
#include "sim/error.hpp"

namespace probe {

std::optional<NcclLibrary> open_nccl(const std::string& path) {
  const std::vector<std::string> names =
      path.empty() ? std::vector<std::string>{"libnccl.so.2", "libnccl.so"}
                   : std::vector<std::string>{path};
  auto library = SharedLibrary::open(names);
  if (!library) {
    if (!path.empty()) {
      throw sim::Error{std::string{"espalier-calibrate"},
                       fmt::format("--nccl: cannot load '{}'\n  hint: the path of a libnccl.so.2; "
                                   "Python packages have one in nvidia/nccl/lib",
                                   path)};
    }
    return std::nullopt;
  }
  const SharedLibrary& found = *library;
  return NcclLibrary{.get_version = found.at<decltype(ncclGetVersion)>("ncclGetVersion"),
                     .get_unique_id = found.at<decltype(ncclGetUniqueId)>("ncclGetUniqueId"),
                     .comm_init_rank = found.at<decltype(ncclCommInitRank)>("ncclCommInitRank"),
                     .comm_destroy = found.at<decltype(ncclCommDestroy)>("ncclCommDestroy"),
                     .comm_abort = found.at<decltype(ncclCommAbort)>("ncclCommAbort"),
                     .group_start = found.at<decltype(ncclGroupStart)>("ncclGroupStart"),
                     .group_end = found.at<decltype(ncclGroupEnd)>("ncclGroupEnd"),
                     .all_reduce = found.at<decltype(ncclAllReduce)>("ncclAllReduce"),
                     .all_gather = found.at<decltype(ncclAllGather)>("ncclAllGather"),
                     .reduce_scatter = found.at<decltype(ncclReduceScatter)>("ncclReduceScatter"),
                     .broadcast = found.at<decltype(ncclBroadcast)>("ncclBroadcast"),
                     .send = found.at<decltype(ncclSend)>("ncclSend"),
                     .receive = found.at<decltype(ncclRecv)>("ncclRecv"),
                     .library = *std::move(library)};
}

std::string nccl_version(const NcclLibrary& nccl) {
  int version = 0;
  check(nccl.get_version(&version));
  // 2.9 and later: 22809 is 2.28.9.
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

}  // namespace probe
