#include "cli/measured_input.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "cli/csv_input.hpp"
#include "cli/nccl_tests_input.hpp"
#include "sim/error.hpp"

namespace cli {
namespace {

std::string_view without_blanks(std::string_view text) {
  const std::size_t at = text.find_first_not_of(" \t\r\n");
  return at == std::string_view::npos ? std::string_view{} : text.substr(at);
}

std::optional<MeasuredForm> form_of_json(std::string_view text) {
  if (without_blanks(text.substr(1)).starts_with("\"espalier_samples\"")) {
    return MeasuredForm::espalier_samples;
  }
  const auto has = [&](std::string_view key) { return text.find(key) != std::string_view::npos; };
  return has("\"nccl_version\"") || has("\"alg_bw\"") ? std::optional{MeasuredForm::nccl_tests_json}
                                                      : std::nullopt;
}

/// By the names of the columns.
std::optional<MeasuredForm> form_of_csv(std::string_view text) {
  std::string_view header = text.substr(0, text.find_first_of("\r\n"));
  std::vector<std::string_view> columns;
  while (!header.empty()) {
    const std::size_t end = header.find(',');
    std::string_view column = header.substr(0, end);
    if (column.size() > 1 && column.starts_with('"') && column.ends_with('"')) {
      column = column.substr(1, column.size() - 2);
    }
    columns.push_back(column);
    header = end == std::string_view::npos ? std::string_view{} : header.substr(end + 1);
  }
  const auto has = [&](std::string_view name) {
    return std::ranges::find(columns, name) != columns.end();
  };
  if (has("gemm_dtype") || has("isl")) {
    return MeasuredForm::kernel_csv;
  }
  return has("op") && has("nranks") ? std::optional{MeasuredForm::collective_csv} : std::nullopt;
}

}  // namespace

MeasuredForm measured_form(const std::string& file, std::string_view text) {
  const std::string_view content = without_blanks(without_mark(text));
  if (content.empty()) {
    throw sim::Error{file, "the file is empty"};
  }
  auto form = content.starts_with('{') ? form_of_json(content) : form_of_csv(content);
  if (!form && looks_like_nccl_tests(content)) {
    form = MeasuredForm::nccl_tests_text;
  }
  if (!form) {
    throw sim::Error{
        file,
        "holds no measured times in a form that we know\n"
        "  hint: it may be a table of kernels (CSV with gemm_dtype,m,n,k or isl, and latency_us),\n"
        "        a table of collectives (CSV with gpu,op,nranks,bytes,time_us),\n"
        "        what nccl-tests prints or writes with -J, or a log of our own samples\n"
        "        that begins with {\"espalier_samples\":1"};
  }
  return *form;
}

}  // namespace cli
