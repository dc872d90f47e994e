#pragma once
// What a GPU takes that nobody has measured: as much of its data sheet as one that somebody has.
//
// A fit has numbers that a data sheet decides, and numbers that it does not. The first are scaled
// by the ratio of both sheets: the rate of a processor (the peak over the processors) and what
// begins and ends its tiles, the bandwidth of memory, that of the link to other GPUs. The others
// stay: launches, steps of collectives, norms, and how far each sample is from the model. So the
// times of an A100-80GB like an A100-80GB are its own.
//
// How good is that? What the profile of the A100 says of an H100's products is, as the median, 8 %
// off its measured times (95 %: within 36 %), of attention 14 %; the other way 11 % and 13 %.
// (Of those over 1 ms 8 and 11 %, and 5 and 10 %.) Neighbours of one chip, such as H100 and H800,
// should be nearer.
//
// Curves of memory and costs without a size are not carried over: no data sheet decides them.

#include <span>

#include "calibration/profile.hpp"
#include "workloads/gpu.hpp"

namespace workloads {

/// The profile of `gpu`, whose provenance is "datasheet", from `like`, that of the GPU which
/// `like_sheet` describes. Kernels are those in formats that both sheets have; float16 and bfloat16
/// stand for each other. Throws sim::Error if that leaves none.
[[nodiscard]] calibration::GpuProfile datasheet_profile(const Gpu& gpu,
                                                        const calibration::GpuProfile& like,
                                                        const Gpu& like_sheet);

/// The GPU's own one of `profiles`, if there is one with kernels. Else the `datasheet_profile` like
/// the GPU that its data sheet names, but for collectives that an own profile has. `sheets` are
/// those of measured GPUs. Throws sim::Error if there is no profile, or no data sheet, to begin
/// with.
[[nodiscard]] calibration::GpuProfile profile_of(const Gpu& gpu,
                                                 std::span<const calibration::GpuProfile> profiles,
                                                 std::span<const Gpu> sheets);

}  // namespace workloads
