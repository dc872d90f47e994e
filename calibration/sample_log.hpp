#pragma once
// The file of a measurement: JSON Lines, a header and then one line per measured point.
//
// A point is written when it is done, so a run that was cut short leaves a file that is complete
// but for its last line, and the next run goes on from there.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace calibration {

/// What a point is about, in a fixed order: {"m", 4096}, {"n", 4096}, {"k", 1024}.
using Shape = std::vector<std::pair<std::string, double>>;

/// The number called `name`. Throws sim::Failure if the shape has none.
[[nodiscard]] double shape_number(const Shape& shape, std::string_view name);

/// What tells a point from all others.
struct SampleKey {
  std::string op;       // "gemm"
  std::string dtype;    // "bfloat16"; "none" where there are no numbers
  std::string variant;  // "default", "best", "pinned"
  Shape shape;

  bool operator==(const SampleKey&) const = default;

  /// "gemm bfloat16 default m=4096 n=4096 k=1024"
  [[nodiscard]] std::string text() const;
};

/// Seconds of repeated measurements, robust against a few that went wrong.
struct Spread {
  double median = 0;
  double p5 = 0;
  double p95 = 0;
  double ci = 0;  // half the width of the 95 % interval of the median, over the median
};

/// What the driver said of the GPU while it worked; zeros where it said nothing.
struct GpuState {
  double sm_mhz = 0;
  double memory_mhz = 0;
  double power_w = 0;
  double temperature_c = 0;
  std::uint64_t throttle = 0;  // NVML's bit mask of reasons for a lower clock
};

/// Whether a launch finds its operands in the L2 cache.
enum class Cache : std::uint8_t { cold, warm };

/// One measured point.
struct Sample {
  SampleKey key;
  double bytes = 0;  // read and written, or transferred; 0 where bytes are not the point
  Spread seconds;    // of one launch
  std::int64_t repetitions = 0;
  std::int64_t launches = 1;  // per repetition: what was timed, divided by this, is one launch
  Cache cache = Cache::cold;
  GpuState state;
  std::int64_t dropped = 0;  // repetitions left out because the GPU was throttled
};

/// Where the samples come from.
struct SampleHeader {
  std::string gpu;  // "NVIDIA H100 80GB HBM3"
  std::string gpu_uuid;
  std::int64_t gpus = 1;
  std::int64_t processors = 0;
  std::int64_t memory_bytes = 0;
  std::int64_t l2_bytes = 0;
  double sm_clock_mhz_max = 0;
  std::string driver;
  std::string cuda;
  std::string cublas;
  std::string nccl;  // "none" where it is not installed, as for cudnn
  std::string cudnn;
  std::string date;  // ISO 8601, UTC
  std::string command;
  std::string host;
  std::int64_t plan = 0;                  // version of the plan of points
  std::vector<std::string> not_measured;  // what this machine has no means to measure
};

/// A file of samples, read.
struct SampleLog {
  SampleHeader header;
  std::vector<Sample> samples;
  std::size_t whole_bytes = 0;  // of the text, up to the end of its last whole line
};

/// Reads the text of a sample file; `file` names it in errors.
///
/// A last line without its newline was cut short: it is left out. No header: nothing but such a
/// line. Throws sim::Error at the line that is not as it should be, with what was expected: not
/// JSON, a missing or unknown key, a number out of its range.
[[nodiscard]] std::optional<SampleLog> parse_sample_log(const std::string& file,
                                                        std::string_view text);

/// One line of the file, with its newline.
[[nodiscard]] std::string to_line(const SampleHeader& header);
[[nodiscard]] std::string to_line(const Sample& sample);

/// Appends lines to a sample file; each is on the disk when append() returns.
class SampleWriter {
 public:
  /// Opens `path`, or creates it, and cuts it to its first `bytes`. Throws sim::Failure.
  SampleWriter(const std::string& path, std::size_t bytes);
  SampleWriter(const SampleWriter&) = delete;
  SampleWriter& operator=(const SampleWriter&) = delete;
  SampleWriter(SampleWriter&&) = delete;
  SampleWriter& operator=(SampleWriter&&) = delete;
  ~SampleWriter();

  /// Throws sim::Failure if not everything could be written.
  void append(std::string_view line);

 private:
  std::string path_;
  int file_;
};

}  // namespace calibration
