#include "sextant/cli/forward.h"

#include <algorithm>

#include "sextant/base/nearest.h"
#include "sextant/cli/forward_torch.h"
#include "sextant/cli/models.h"
#include "sextant/cli/session.h"
#include "sextant/cli/verbs.h"
#include "sextant/io/open_tensors.h"
#include "sextant/io/safetensors.h"

#include <CLI/CLI.hpp>

namespace sextant::cli {
namespace {

using Families = std::vector<std::unique_ptr<ForwardFamily>>;

Families make_families() {
  Families families;
  families.push_back(make_forward_decoder());
  families.push_back(make_forward_bert());
  for (TorchFamily& family : torch_families()) {
    families.push_back(make_forward_torch(std::move(family)));
  }
  return families;
}

std::string join(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) {
    text += (text.empty() ? "" : ", ") + std::string(name);
  }
  return text;
}

std::vector<std::string_view> all_names(const Families& families) {
  std::vector<std::string_view> names;
  for (const auto& family : families) {
    for (const std::string_view name : family->names()) {
      names.push_back(name);
    }
  }
  return names;
}

class Forward : public Verb {
 public:
  std::string_view name() const override { return "forward"; }
  std::string_view summary() const override { return "Run one network on tensors of a file"; }
  std::string_view description() const override {
    return "Reads named tensors from a safetensors (or npz) file, runs the network once, and "
           "writes "
           "its outputs as safetensors: the interface of every parity check. Computes in f32. "
           "`sextant forward --help FAMILY` tells the tensors and settings of one family.";
  }
  std::vector<Example> examples() const override {
    return {{"sextant forward models/stories260k --input in.safetensors --output out.safetensors",
             "input_ids to logits"},
            {"sextant forward --help llama", "what the family takes and gives"}};
  }

  void declare(CLI::App& app) override {
    app.add_option("model", model_, "The model: see --help FAMILY");
    app.add_option("-i,--input", input_, "Input tensors, by name");
    app.add_option("-o,--output", output_, "Where the output tensors go (safetensors)");
    app.add_option("--family", family_,
                   "The family that the model must be of; else it is taken from the files");
    app.add_option("--set", settings_, "key=value, a setting of the family")
        ->take_all()
        ->allow_extra_args(false);  // what follows a value is an argument
  }

  Result<void> run(Session& session) override {
    const Families families = make_families();
    SEXTANT_TRY_VOID(check_use());
    SEXTANT_TRY(const auto path, resolve_model(model_));
    SEXTANT_TRY(const ForwardFamily* family, choose(families, path));
    SEXTANT_TRY(auto settings, parse_settings(*family));
    SEXTANT_TRY(const auto input, io::open_tensors(input_));
    SEXTANT_TRY(const auto outputs,
                family->run({.model = path, .input = *input, .settings = std::move(settings)},
                            session.context()));
    std::vector<io::NamedTensor> tensors;
    for (const OutputTensor& output : outputs) {
      tensors.push_back({output.name, make_view(std::span<const float>(output.values), DType::kF32,
                                                output.shape)});
    }
    SEXTANT_TRY_VOID(io::write_safetensors(output_, tensors));
    for (const OutputTensor& output : outputs) {
      session.out().line("{} F32 {}", output.name, to_string(output.shape));
    }
    return {};
  }

  // A family by its name; a model, as in a command with --help behind it, means the help of
  // forward.
  Result<std::string> topic_help(const std::string& topic) const override {
    const Families families = make_families();
    const auto family = named(families, topic);
    if (!family && resolve_model(topic)) {
      return std::string();
    }
    if (!family) {
      return Failure(family.error());
    }
    const ForwardFamily& f = **family;
    std::string text = format("{}\n  MODEL    {}\n  input    {}\n  output   {}\n", join(f.names()),
                              f.model(), f.inputs(), f.outputs());
    for (const ForwardSetting& setting : f.settings()) {
      text += format("  --set    {}={}  {}\n", setting.key, setting.values, setting.says);
    }
    return text;
  }

 private:
  Result<void> check_use() const {
    const char* missing = model_.empty()    ? "a model"
                          : input_.empty()  ? "--input FILE"
                          : output_.empty() ? "--output FILE"
                                            : nullptr;
    if (missing == nullptr) {
      return {};
    }
    return fail_with_hint(ErrorCode::kInvalidArgument,
                          format("[cli] forward: expected {}, found none", missing),
                          "`sextant forward --help` explains it");
  }

  static Result<const ForwardFamily*> named(const Families& families, const std::string& name) {
    for (const auto& family : families) {
      const auto names = family->names();
      if (std::find(names.begin(), names.end(), name) != names.end()) {
        return family.get();
      }
    }
    const auto near = nearest_name(name, all_names(families));
    return fail_with_hint(
        ErrorCode::kInvalidArgument,
        format("[cli] forward: unknown family \"{}\"", printable(name)),
        near ? format("did you mean {}?", *near) : "families: " + join(all_names(families)));
  }

  Result<const ForwardFamily*> choose(const Families& families,
                                      const std::filesystem::path& model) const {
    if (!family_.empty()) {
      SEXTANT_TRY(const ForwardFamily* family, named(families, family_));
      if (const auto found = family->recognise(model); found && *found != family_) {
        return fail(ErrorCode::kInvalidArgument,
                    "[cli] forward: --family {}: expected a model of that family, found {} ({})",
                    family_, *found, model.string());
      }
      return family;
    }
    for (const auto& family : families) {
      if (family->recognise(model)) {
        return family.get();
      }
    }
    return fail_with_hint(ErrorCode::kUnsupported,
                          format("[cli] forward: {} is no model of a known family ({})",
                                 model.string(), join(all_names(families))),
                          "`sextant show` tells what is in it, and what each family misses");
  }

  Result<std::map<std::string, std::string>> parse_settings(const ForwardFamily& family) const {
    std::vector<std::string_view> known;
    for (const ForwardSetting& setting : family.settings()) {
      known.push_back(setting.key);
    }
    std::map<std::string, std::string> settings;
    for (const std::string& text : settings_) {
      const size_t equals = text.find('=');
      const std::string key = text.substr(0, equals);
      if (equals == std::string::npos ||
          std::find(known.begin(), known.end(), key) == known.end()) {
        return fail_with_hint(
            ErrorCode::kInvalidArgument,
            format("[cli] forward: expected --set key=value, found \"{}\"", printable(text)),
            "keys of this family: " + join(known));
      }
      settings[key] = text.substr(equals + 1);
    }
    return settings;
  }

  std::string model_, input_, output_, family_;
  std::vector<std::string> settings_;
};

}  // namespace

std::unique_ptr<Verb> make_forward() { return std::make_unique<Forward>(); }

}  // namespace sextant::cli
