// sextant demo: a gallery page of what the program does.
#include <filesystem>

#include "sextant/cli/build_info.h"
#include "sextant/cli/demo_language.h"
#include "sextant/cli/demo_page.h"
#include "sextant/cli/machine.h"
#include "sextant/cli/verbs.h"
#include "sextant/io/atomic_file.h"

#include <CLI/CLI.hpp>

namespace sextant::cli {
namespace {

class Demo : public Verb {
 public:
  std::string_view name() const override { return "demo"; }
  std::string_view summary() const override { return "Write a gallery page of what works here"; }
  std::string_view description() const override {
    return "Runs every system on real input and writes one self-contained HTML page with what came "
           "out and how long it took on this machine.";
  }
  std::vector<Example> examples() const override {
    return {{"sextant demo", "out/demo/index.html, in about a minute"}};
  }

  void declare(CLI::App& app) override {
    app.add_option("-o,--output", folder_, "Folder of the page; made if it is not there");
  }

  Result<void> run(Session& session) override {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error) {
      const bool wrong = error == std::errc::not_a_directory || error == std::errc::file_exists;
      return fail(wrong ? ErrorCode::kInvalidArgument : ErrorCode::kIo,
                  "[cli/demo] {}: the folder cannot be made: {}", folder_, error.message());
    }
    SEXTANT_TRY(const auto sections, demo_language(session));
    const Machine machine = read_machine();
    const BuildInfo build = build_info();
    const std::string page =
        demo_page(sections, format("sextant {} ({}), {} build, on {} with {} processors, {}",
                                   build.version, build.commit, build.build_type, machine.processor,
                                   machine.processors, simd_targets().front()));
    const auto path = std::filesystem::path(folder_) / "index.html";
    SEXTANT_TRY_VOID(io::write_file_atomically(path, page));
    session.out().line("{}", path.string());
    return {};
  }

 private:
  std::string folder_ = "out/demo";
};

}  // namespace

std::unique_ptr<Verb> make_demo() { return std::make_unique<Demo>(); }

}  // namespace sextant::cli
