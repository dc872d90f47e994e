#include "calibration/sample_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/error.hpp"
#include "sim/suggest.hpp"

namespace calibration {

namespace {

using Json = nlohmann::ordered_json;

constexpr double microsecond = 1e-6;
constexpr double number_most = 1e18;

/// One line of a file, read strictly.
class Line {
 public:
  Line(const std::string& file, int number, std::string_view text) : where_{file, number, 1} {
    try {
      json_ = Json::parse(text);
    } catch (const Json::parse_error& error) {
      fail(fmt::format("expected a line of JSON: {}", error.what()));
    }
    if (!json_.is_object()) {
      fail("expected an object: {\"op\": ...}");
    }
  }

  [[noreturn]] void fail(const std::string& what) const { throw sim::Error{where_, what}; }

  void expect_keys(std::span<const std::string_view> allowed) const {
    for (const auto& [key, value] : json_.items()) {
      if (std::ranges::find(allowed, key) == allowed.end()) {
        fail(fmt::format("unknown key '{}'\n  hint: {}", key, sim::suggestion(key, allowed)));
      }
    }
  }

  [[nodiscard]] bool has(const std::string& key) const { return json_.contains(key); }

  [[nodiscard]] const Json& at(const std::string& key) const {
    const auto found = json_.find(key);
    if (found == json_.end()) {
      fail(fmt::format("missing key '{}'", key));
    }
    return *found;
  }

  [[nodiscard]] std::string text(const std::string& key) const {
    const Json& value = at(key);
    if (!value.is_string()) {
      fail(fmt::format("{}: expected a text, got {}", key, value.dump()));
    }
    return value.get<std::string>();
  }

  [[nodiscard]] double number(const std::string& key, double least) const {
    return number_of(key, at(key), least);
  }

  [[nodiscard]] double number_of(const std::string& key, const Json& value, double least) const {
    if (!value.is_number() || !(value.get<double>() >= least) ||
        !(value.get<double>() <= number_most)) {
      fail(fmt::format("{}: expected a number of at least {}, got {}", key, least, value.dump()));
    }
    return value.get<double>();
  }

  [[nodiscard]] std::int64_t integer(const std::string& key, std::int64_t least) const {
    const Json& value = at(key);
    if (!value.is_number_integer() || value.get<double>() > number_most ||
        value.get<std::int64_t>() < least) {
      fail(fmt::format("{}: expected a whole number of at least {}, got {}", key, least,
                       value.dump()));
    }
    return value.get<std::int64_t>();
  }

 private:
  sim::SourcePos where_;
  Json json_;
};

constexpr std::array<std::string_view, 18> header_keys{"espalier_samples",
                                                       "gpu",
                                                       "gpu_uuid",
                                                       "gpus",
                                                       "processors",
                                                       "memory_bytes",
                                                       "l2_bytes",
                                                       "sm_clock_mhz_max",
                                                       "driver",
                                                       "cuda",
                                                       "cublas",
                                                       "nccl",
                                                       "cudnn",
                                                       "date",
                                                       "command",
                                                       "host",
                                                       "plan",
                                                       "not_measured"};
constexpr std::array<std::string_view, 18> sample_keys{
    "op",     "dtype",   "variant", "shape",         "bytes",    "median_us",
    "p5_us",  "p95_us",  "ci",      "samples",       "launches", "cache",
    "sm_mhz", "mem_mhz", "power_w", "temperature_c", "throttle", "dropped"};

SampleHeader read_header(const Line& line) {
  if (!line.has("espalier_samples")) {
    line.fail("expected the header of a sample file: {\"espalier_samples\": 1, ...}");
  }
  line.expect_keys(header_keys);
  if (line.integer("espalier_samples", 0) != 1) {
    line.fail("espalier_samples: expected 1, the version of the format that is known here");
  }
  SampleHeader header{.gpu = line.text("gpu"),
                      .gpu_uuid = line.text("gpu_uuid"),
                      .gpus = line.integer("gpus", 1),
                      .processors = line.integer("processors", 1),
                      .memory_bytes = line.integer("memory_bytes", 1),
                      .l2_bytes = line.integer("l2_bytes", 0),
                      .sm_clock_mhz_max = line.number("sm_clock_mhz_max", 0),
                      .driver = line.text("driver"),
                      .cuda = line.text("cuda"),
                      .cublas = line.text("cublas"),
                      .nccl = line.text("nccl"),
                      .cudnn = line.text("cudnn"),
                      .date = line.text("date"),
                      .command = line.text("command"),
                      .host = line.text("host"),
                      .plan = line.integer("plan", 0),
                      .not_measured = {}};
  const Json& list = line.at("not_measured");
  if (!list.is_array() || !std::ranges::all_of(list, [](const Json& j) { return j.is_string(); })) {
    line.fail(fmt::format("not_measured: expected a list of texts, got {}", list.dump()));
  }
  header.not_measured = list.get<std::vector<std::string>>();
  return header;
}

Shape read_shape(const Line& line) {
  const Json& object = line.at("shape");
  if (!object.is_object()) {
    line.fail(fmt::format("shape: expected an object of numbers, got {}", object.dump()));
  }
  Shape shape;
  for (const auto& [key, value] : object.items()) {
    shape.emplace_back(key, line.number_of("shape." + key, value, 0));
  }
  return shape;
}

std::uint64_t read_throttle(const Line& line) {
  const std::string text = line.text("throttle");
  constexpr int hexadecimal = 16;
  std::uint64_t mask = 0;
  const char* end = text.data() + text.size();
  const bool prefixed = text.starts_with("0x") && text.size() > 2;
  if (!prefixed || std::from_chars(text.data() + 2, end, mask, hexadecimal).ptr != end) {
    line.fail(fmt::format("throttle: expected a mask such as \"0x4\", got \"{}\"", text));
  }
  return mask;
}

Sample read_sample(const Line& line) {
  line.expect_keys(sample_keys);
  const std::string cache = line.text("cache");
  if (cache != "cold" && cache != "warm") {
    line.fail(fmt::format("cache: expected \"cold\" or \"warm\", got \"{}\"", cache));
  }
  constexpr double least_us = std::numeric_limits<double>::min();
  return {.key = {line.text("op"), line.text("dtype"), line.text("variant"), read_shape(line)},
          .bytes = line.has("bytes") ? line.number("bytes", 0) : 0,
          .seconds = {.median = line.number("median_us", least_us) * microsecond,
                      .p5 = line.number("p5_us", 0) * microsecond,
                      .p95 = line.number("p95_us", 0) * microsecond,
                      .ci = line.number("ci", 0)},
          .repetitions = line.integer("samples", 1),
          .launches = line.integer("launches", 1),
          .cache = cache == "cold" ? Cache::cold : Cache::warm,
          .state = {.sm_mhz = line.number("sm_mhz", 0),
                    .memory_mhz = line.number("mem_mhz", 0),
                    .power_w = line.number("power_w", 0),
                    .temperature_c = line.number("temperature_c", 0),
                    .throttle = read_throttle(line)},
          .dropped = line.integer("dropped", 0)};
}

/// Whole numbers look like whole numbers.
Json number_json(double value) {
  constexpr double exact_most = 9007199254740992.0;  // 2^53: integers up to here are doubles
  if (std::abs(value) <= exact_most && std::floor(value) == value) {
    return static_cast<std::int64_t>(value);
  }
  return value;
}

/// Seven digits are more than any clock here resolves, and keep a line short.
Json rounded(double value) {
  if (value == 0 || !std::isfinite(value)) {
    return 0;
  }
  constexpr int digits = 7;
  return number_json(std::stod(fmt::format("{:.{}g}", value, digits)));
}

[[noreturn]] void fail_write(const std::string& path) {
  throw sim::Failure{
      fmt::format("{}: cannot write: {}", path, std::generic_category().message(errno))};
}

}  // namespace

double shape_number(const Shape& shape, std::string_view name) {
  const auto found = std::ranges::find(shape, name, &Shape::value_type::first);
  if (found == shape.end()) {
    throw sim::Failure{fmt::format("a point without '{}'", name)};
  }
  return found->second;
}

std::string SampleKey::text() const {
  std::string out = fmt::format("{} {} {}", op, dtype, variant);
  for (const auto& [name, number] : shape) {
    out += fmt::format(" {}={}", name, number);
  }
  return out;
}

std::optional<SampleLog> parse_sample_log(const std::string& file, std::string_view text) {
  SampleLog log;
  int number = 0;
  for (std::size_t end = 0; (end = text.find('\n', log.whole_bytes)) != std::string_view::npos;) {
    const Line line{file, ++number, text.substr(log.whole_bytes, end - log.whole_bytes)};
    log.whole_bytes = end + 1;
    if (number == 1) {
      log.header = read_header(line);
    } else {
      log.samples.push_back(read_sample(line));
    }
  }
  return number == 0 ? std::nullopt : std::optional{std::move(log)};
}

std::string to_line(const SampleHeader& header) {
  const Json json{{"espalier_samples", 1},
                  {"gpu", header.gpu},
                  {"gpu_uuid", header.gpu_uuid},
                  {"gpus", header.gpus},
                  {"processors", header.processors},
                  {"memory_bytes", header.memory_bytes},
                  {"l2_bytes", header.l2_bytes},
                  {"sm_clock_mhz_max", rounded(header.sm_clock_mhz_max)},
                  {"driver", header.driver},
                  {"cuda", header.cuda},
                  {"cublas", header.cublas},
                  {"nccl", header.nccl},
                  {"cudnn", header.cudnn},
                  {"date", header.date},
                  {"command", header.command},
                  {"host", header.host},
                  {"plan", header.plan},
                  {"not_measured", header.not_measured}};
  // Names of hosts and commands may hold any bytes; what is not UTF-8 is replaced.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string to_line(const Sample& sample) {
  Json shape = Json::object();
  for (const auto& [name, value] : sample.key.shape) {
    shape[name] = number_json(value);
  }
  Json json{{"op", sample.key.op},
            {"dtype", sample.key.dtype},
            {"variant", sample.key.variant},
            {"shape", std::move(shape)}};
  if (sample.bytes > 0) {
    json["bytes"] = number_json(sample.bytes);
  }
  json["median_us"] = rounded(sample.seconds.median / microsecond);
  json["p5_us"] = rounded(sample.seconds.p5 / microsecond);
  json["p95_us"] = rounded(sample.seconds.p95 / microsecond);
  json["ci"] = rounded(sample.seconds.ci);
  json["samples"] = sample.repetitions;
  json["launches"] = sample.launches;
  json["cache"] = sample.cache == Cache::cold ? "cold" : "warm";
  json["sm_mhz"] = rounded(sample.state.sm_mhz);
  json["mem_mhz"] = rounded(sample.state.memory_mhz);
  json["power_w"] = rounded(sample.state.power_w);
  json["temperature_c"] = rounded(sample.state.temperature_c);
  json["throttle"] = fmt::format("{:#x}", sample.state.throttle);
  json["dropped"] = sample.dropped;
  return json.dump() + "\n";
}

SampleWriter::SampleWriter(const std::string& path, std::size_t bytes)
    : path_{path},
      // Appending, so that a child process may add its points to the same file.
      file_{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)} {
  if (file_ < 0) {
    fail_write(path_);
  }
  if (::ftruncate(file_, static_cast<::off_t>(bytes)) != 0 && errno != EINVAL) {
    const int reason = errno;
    ::close(file_);
    errno = reason;
    fail_write(path_);
  }
}

SampleWriter::~SampleWriter() {
  ::close(file_);
}

void SampleWriter::append(std::string_view line) {
  while (!line.empty()) {
    const ::ssize_t written = ::write(file_, line.data(), line.size());
    if (written < 0 && errno != EINTR) {
      fail_write(path_);
    }
    line.remove_prefix(static_cast<std::size_t>(std::max<::ssize_t>(written, 0)));
  }
  // A pipe or /dev/stdout has nothing to sync.
  if (::fsync(file_) != 0 && errno != EINVAL && errno != EROFS) {
    fail_write(path_);
  }
}

}  // namespace calibration
