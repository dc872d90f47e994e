#pragma once
// NCCL, loaded when the program runs: it lives inside Python packages on some machines, and not at
// all on others.

#include <optional>
#include <string>

#include <nccl.h>

#include "calibration/probe/shared_library.hpp"

namespace probe {

/// The functions of NCCL that are used, by the names in nccl.h less their prefix.
struct NcclLibrary {
  decltype(ncclGetVersion)* get_version;
  decltype(ncclGetUniqueId)* get_unique_id;
  decltype(ncclCommInitRank)* comm_init_rank;
  decltype(ncclCommDestroy)* comm_destroy;
  decltype(ncclCommAbort)* comm_abort;
  decltype(ncclGroupStart)* group_start;
  decltype(ncclGroupEnd)* group_end;
  decltype(ncclAllReduce)* all_reduce;
  decltype(ncclAllGather)* all_gather;
  decltype(ncclReduceScatter)* reduce_scatter;
  decltype(ncclBroadcast)* broadcast;
  decltype(ncclSend)* send;
  decltype(ncclRecv)* receive;
  SharedLibrary library;  // the functions are its own
};

/// The library at `path`, or, if that is empty, the one that the loader finds as libnccl.so.2.
/// Nothing if there is none. Throws sim::Error if there is none at a path that was given.
[[nodiscard]] std::optional<NcclLibrary> open_nccl(const std::string& path);

/// "2.28.9"
[[nodiscard]] std::string nccl_version(const NcclLibrary& nccl);

}  // namespace probe
