#include "cli/measured_input.hpp"

#include <random>
#include <string>

#include <doctest/doctest.h>

#include "sim/error.hpp"
#include "tests/cli/mutated.hpp"
#include "tests/reference_data.hpp"
#include "tests/topology/support.hpp"

using cli::measured_form;
using cli::MeasuredForm;
using topology_test::error_of;

TEST_CASE("measured input: each form by its first marks") {
  const auto form = [](const std::string& text) { return measured_form("f", text); };
  CHECK(form("gpu,gemm_dtype,m,n,k,latency_us\n") == MeasuredForm::kernel_csv);
  CHECK(form("gpu,batch_size,isl,num_heads,latency_us\r\n") == MeasuredForm::kernel_csv);
  CHECK(form("gpu,op,nranks,bytes,time_us\n") == MeasuredForm::collective_csv);
  CHECK(form("\"gpu\",\"op\",\"nranks\"\n") == MeasuredForm::collective_csv);
  CHECK(form("# nThread 1 nGpus 8 minBytes 8\n") == MeasuredForm::nccl_tests_text);
  CHECK(form("# nccl-tests version 2.17.6\n") == MeasuredForm::nccl_tests_text);
  CHECK(form("Warning: a, a\n 8 2 float sum -1 1 1 1 0 1 1 1 0\n") ==
        MeasuredForm::nccl_tests_text);
  CHECK(form("{\"version\":3,\"nccl_version\":22803") == MeasuredForm::nccl_tests_json);
  CHECK(form("\n{ \"espalier_samples\":1,\"gpu\":\"x\"}") == MeasuredForm::espalier_samples);
}

TEST_CASE("measured input: what is none of them is told what they are") {
  const std::string unknown =
      "f: error: holds no measured times in a form that we know\n"
      "  hint: it may be a table of kernels (CSV with gemm_dtype,m,n,k or isl, and latency_us),\n"
      "        a table of collectives (CSV with gpu,op,nranks,bytes,time_us),\n"
      "        what nccl-tests prints or writes with -J, or a log of our own samples\n"
      "        that begins with {\"espalier_samples\":1";
  for (const std::string& text :
       {std::string{"{}"}, std::string{"a,b\n1,2\n"}, std::string{"topology: torus\n"},
        std::string{"\x7f"
                    "ELF\0\0\x01",
                    7}}) {
    CHECK(error_of([&] { return measured_form("f", text); }) == unknown);
  }
  CHECK(error_of([] { return measured_form("f", " \n\t"); }) == "f: error: the file is empty");
}

TEST_CASE("fuzz: of a damaged file the form is told or refused, never anything else") {
  for (const std::string text :
       {"gpu,gemm_dtype,m,n,k,latency_us\n", "gpu,op,nranks\n", "# nThread 1 nGpus 8\n",
        "8 2 float sum -1 1 1 1 0 1 1 1 0\n", "{\"espalier_samples\":1}"}) {
    std::mt19937 random{1};
    for (int round = 0; round < 2000; ++round) {
      try {
        static_cast<void>(measured_form("f", cli_test::mutated(text, random)));
      } catch (const sim::Error&) {
        continue;
      }
    }
  }
}

TEST_CASE("reference: the files of others are of the form that they are read as") {
  struct Case {
    std::string file;
    MeasuredForm form;
  };
  for (const Case& each :
       {Case{"gemm/a100_gemm_bf16_visible.csv", MeasuredForm::kernel_csv},
        Case{"gemm/h100_attention_bf16_visible.csv", MeasuredForm::kernel_csv},
        Case{"nccl/single_node_visible.csv", MeasuredForm::collective_csv},
        Case{"nccl/logs_visible.csv", MeasuredForm::collective_csv},
        Case{"interop/nccl-tests/nccl_allgather.log", MeasuredForm::nccl_tests_text},
        Case{"interop/nccl-tests/dgxc_h100_8gpu_allreduce.txt", MeasuredForm::nccl_tests_text}}) {
    CAPTURE(each.file);
    const auto path = reference_file(each.file);
    if (!path) {
      MESSAGE("skipped: the files are not here");
      return;
    }
    CHECK(measured_form(path->string(), read_text(*path)) == each.form);
  }
}
