#include <algorithm>

#include "sextant/base/human.h"
#include "sextant/cli/json_output.h"
#include "sextant/cli/models.h"
#include "sextant/cli/options.h"
#include "sextant/cli/session.h"
#include "sextant/cli/verbs.h"

namespace sextant::cli {
namespace {

class List : public Verb {
 public:
  std::string_view name() const override { return "list"; }
  std::string_view summary() const override { return "Show the models of this machine"; }
  std::string_view description() const override {
    return "Lists the models that --model takes by name: bundled ones, those in $SEXTANT_MODELS or "
           "$XDG_DATA_HOME/sextant/models, and those in the hub cache; then the known ones that "
           "are not here with the command that fetches them.";
  }
  std::vector<Example> examples() const override {
    return {{"sextant list", "names, sizes and places"},
            {"sextant list --names", "just the names, for a script"}};
  }
  void declare(CLI::App& app) override {
    CLI::Option* names = app.add_flag("--names", names_, "Print names only, one a line");
    add_json(app, json_)->excludes(names);
  }

  Result<void> run(Session& session) override {
    const std::vector<ModelEntry> models = list_models(model_places());
    if (names_) {
      for (const ModelEntry& entry : models) {
        session.out().line("{}", entry.name);
      }
      return {};
    }
    std::vector<const KnownModel*> missing;
    for (const KnownModel& known : known_models()) {
      if (std::none_of(models.begin(), models.end(),
                       [&](const ModelEntry& entry) { return entry.name == known.name; })) {
        missing.push_back(&known);
      }
    }
    if (json_) {
      print_json(session.out(), to_json(models, missing));
    } else {
      print_text(session.out(), models, missing);
    }
    return {};
  }

 private:
  static OrderedJson to_json(const std::vector<ModelEntry>& models,
                             const std::vector<const KnownModel*>& missing) {
    OrderedJson here = OrderedJson::array();
    for (const ModelEntry& entry : models) {
      here.push_back({{"name", entry.name},
                      {"path", entry.path.string()},
                      {"origin", entry.origin},
                      {"bytes", entry.bytes}});
    }
    OrderedJson absent = OrderedJson::array();
    for (const KnownModel* known : missing) {
      absent.push_back({{"name", known->name}, {"summary", known->summary}, {"get", known->get}});
    }
    return {{"models", std::move(here)}, {"missing", std::move(absent)}};
  }

  static void print_text(Output& out, const std::vector<ModelEntry>& models,
                         const std::vector<const KnownModel*>& missing) {
    size_t width = 0;
    for (const ModelEntry& entry : models) {
      width = std::max(width, entry.name.size());
    }
    for (const ModelEntry& entry : models) {
      const std::string pad(width - entry.name.size(), ' ');
      out.line("{}{}  {:>8}  {:<9}  {}", entry.name, pad, human_bytes(entry.bytes), entry.origin,
               entry.path.string());
    }
    for (const KnownModel* known : missing) {
      out.line("{}  not here: {}; `{}` fetches it", known->name, known->summary, known->get);
    }
  }

  bool json_ = false;
  bool names_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_list() { return std::make_unique<List>(); }

}  // namespace sextant::cli
