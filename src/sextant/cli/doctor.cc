#include <filesystem>
#include <string>
#include <vector>

#include "sextant/base/bandwidth.h"
#include "sextant/base/human.h"
#include "sextant/base/json.h"
#include "sextant/cli/build_info.h"
#include "sextant/cli/json_output.h"
#include "sextant/cli/machine.h"
#include "sextant/cli/models.h"
#include "sextant/cli/options.h"
#include "sextant/cli/session.h"
#include "sextant/cli/verbs.h"

namespace sextant::cli {
namespace {

// One line of the report; with advice it is a warning.
struct Check {
  std::string name;
  std::string found = {};
  std::string advice = {};
  OrderedJson data = OrderedJson::object();
};

constexpr uint64_t kGigabyte = 1'000'000'000;

Check check_program() {
  const BuildInfo info = build_info();
  Check check{.name = "program",
              .found = format("sextant {} ({}), {}, {}", info.version, info.commit, info.compiler,
                              info.build_type)};
  if (info.build_type == "Debug" || info.build_type.find(' ') != info.build_type.npos) {
    check.advice = "this build is for finding mistakes and is slow; build with preset release";
  }
  check.data = {{"version", info.version},
                {"commit", info.commit},
                {"compiler", info.compiler},
                {"build_type", info.build_type}};
  return check;
}

Check check_processor(const Machine& machine) {
  const auto targets = simd_targets();
  Check check{.name = "processor",
              .found = format("{}, {} usable, SIMD {}",
                              machine.processor.empty() ? "unknown" : machine.processor,
                              machine.processors, targets.front())};
  if (targets.front().rfind("AVX", 0) != 0) {
    check.advice = "without AVX2 all kernels run several times slower";
  } else if (machine.processor_quota && *machine.processor_quota < machine.processors) {
    check.advice = format("this container may use {:.1f} processors; set --threads accordingly",
                          *machine.processor_quota);
  }
  check.data = {{"model", machine.processor}, {"usable", machine.processors}, {"simd", targets}};
  if (machine.processor_quota) {
    check.data["quota"] = *machine.processor_quota;
  }
  return check;
}

Check check_memory(const Machine& machine) {
  Check check{.name = "memory",
              .found = format("{} available of {}", human_bytes(machine.memory_available),
                              human_bytes(machine.memory_total))};
  if (machine.memory_available < kGigabyte) {
    check.advice = "models need about 1.3 times the size of their file";
  }
  check.data = {{"total", machine.memory_total}, {"available", machine.memory_available}};
  return check;
}

Check check_bandwidth(const Machine& machine, ThreadPool& pool) {
  Check check{.name = "memory speed"};
  // The probe holds its bytes, so a tight container gets a smaller one.
  const size_t bytes = std::min<size_t>(size_t{256} << 20, machine.memory_available / 4);
  ThreadPool single(1);
  const double one = measure_read_bandwidth(single, bytes);
  const double all = pool.threads() == 1 ? one : measure_read_bandwidth(pool, bytes);
  check.found = format("{:.1f} GB/s read by 1 thread, {:.1f} GB/s by {}", one / 1e9, all / 1e9,
                       pool.threads());
  if (all < one * 1.05 && pool.threads() > 1) {
    check.advice = "more threads read no faster: another program may be busy";
  }
  check.data = {{"read_1_thread", one}, {"read_all_threads", all}, {"threads", pool.threads()}};
  return check;
}

Check check_torch() {
  Check check{.name = "LibTorch"};
  const auto torch = find_torch(program_folder());
  if (torch && !torch->version.empty()) {
    check.found = format("{} in {}", torch->version, torch->folder.string());
    check.data = {{"version", torch->version}, {"folder", torch->folder.string()}};
    return check;
  }
  check.found =
      torch ? format("no LibTorch in {} (named by {})", torch->folder.string(), torch->origin)
            : "not found";
  check.advice =
      "language models work without it; else run scripts/setup.sh, or set SEXTANT_TORCH_DIR to the "
      "folder of an installed torch";
  return check;
}

Check check_models() {
  Check check{.name = "models", .found = {}};
  const auto models = list_models(model_places());
  bool has_default = false;
  check.data["names"] = OrderedJson::array();
  for (const ModelEntry& entry : models) {
    check.data["names"].push_back(entry.name);
    has_default |= entry.name == kDefaultModel;
  }
  check.found = format("{} here (`sextant list` names them)", models.size());
  if (!has_default) {
    check.advice = format(
        "{}, the default of generate and chat, is missing: `make setup` in the "
        "checkout fetches it",
        kDefaultModel);
  }
  return check;
}

Check check_disk() {
  Check check{.name = "disk"};
  std::error_code error;
  const std::filesystem::path here = std::filesystem::current_path(error);
  const auto bytes = free_disk(here);
  check.found = bytes ? format("{} free in {}", human_bytes(*bytes), here.string()) : "unknown";
  if (bytes && *bytes < kGigabyte) {
    check.advice = "writing models or videos here will soon fail";
  }
  check.data = {{"free", bytes.value_or(0)}, {"folder", here.string()}};
  return check;
}

class Doctor : public Verb {
 public:
  std::string_view name() const override { return "doctor"; }
  std::string_view summary() const override { return "Check what this machine offers"; }
  std::string_view description() const override {
    return "Reports processors, SIMD target, memory and its measured read speed, LibTorch, models "
           "and disk, with advice where something is missing. The read speed is the limit of "
           "token-by-token text generation: tokens per second times bytes per token cannot pass "
           "it.";
  }
  std::vector<Example> examples() const override {
    return {{"sextant doctor", "the report"},
            {"sextant doctor --json | jq '.checks[] | select(.status == \"warn\")'",
             "what needs attention"}};
  }
  void declare(CLI::App& app) override { add_json(app, json_); }

  Result<void> run(Session& session) override {
    const Machine machine = read_machine();
    std::vector<Check> checks;
    checks.push_back(check_program());
    checks.push_back(check_processor(machine));
    checks.push_back(check_memory(machine));
    checks.push_back(check_bandwidth(machine, session.pool()));
    checks.push_back(check_torch());
    checks.push_back(check_models());
    checks.push_back(check_disk());
    if (json_) {
      print_json(session.out(), to_json(checks));
    } else {
      print_text(session, checks);
    }
    return {};
  }

 private:
  static OrderedJson to_json(const std::vector<Check>& checks) {
    OrderedJson list = OrderedJson::array();
    for (const Check& check : checks) {
      OrderedJson entry = {{"name", check.name},
                           {"status", check.advice.empty() ? "ok" : "warn"},
                           {"found", check.found},
                           {"data", check.data}};
      if (!check.advice.empty()) {
        entry["advice"] = check.advice;
      }
      list.push_back(std::move(entry));
    }
    return {{"checks", std::move(list)}};
  }

  static void print_text(Session& session, const std::vector<Check>& checks) {
    const bool colour = session.colour();
    for (const Check& check : checks) {
      const bool ok = check.advice.empty();
      const std::string_view on = !colour ? "" : ok ? "\x1b[32m" : "\x1b[33m";
      session.out().line("{}{:<4}{}  {:<13} {}", on, ok ? "ok" : "warn", colour ? "\x1b[0m" : "",
                         check.name, check.found);
      if (!ok) {
        session.out().line("{:<20}{}", "", check.advice);
      }
    }
  }

  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_doctor() { return std::make_unique<Doctor>(); }

}  // namespace sextant::cli
