// The part of the pipeline that looks at a change before it is made. All inside a transaction that
// is never committed.
#include "agent/pipeline_settings.hpp"
#include "agent/pipeline_trial.hpp"

namespace plugtone {

Result<Picture> Pipeline::picture(const Scope& scope, bool is_new) {
    Picture all;
    Inherited inherited(inventory_, scope, true);
    const auto generic = generic_documents(inherited.shared(), classes(), dictionary());
    if (!generic && is_new)
        return tl::unexpected(generic.error());
    if (generic)
        for (const Document& document : *generic)
            all.everybody.add(document);
    const std::map<Mac, std::string>& urls = inherited.overrides().device_urls;
    Misfits misfits;
    const Done done = each_device(
        scope, inherited, [&](const DeviceFacts& facts, std::size_t, std::size_t) -> Done {
            DeviceView& view = all.devices[facts.device.mac];
            view.class_name = facts.device_class->name;
            const auto own_url = urls.find(facts.device.mac);
            view.url = own_url == urls.end() ? facts.device_class->url : own_url->second;
            if (!facts.redirect_url.empty())
                view.url = facts.redirect_url;
            view.settings = facts.composed;
            if (is_new)
                if (auto good = check_types(facts, misfits); !good)
                    return good;
            const auto documents = device_documents(facts, dictionary());
            // What is live may have been made before it could not be made any more.
            if (!documents)
                return is_new ? Done(tl::unexpected(documents.error())) : Done{};
            for (const Document& document : *documents)
                view.add(document);
            return {};
        });
    return done ? Result<Picture>(std::move(all)) : tl::unexpected(done.error());
}

Result<Pipeline::Preview> Pipeline::preview_publish() {
    auto fresh = load_whole();
    if (!fresh)
        return tl::unexpected(fresh.error());
    const soci::transaction transaction(inventory_.database());
    const auto before = picture(Scope::all(), false);
    if (!before)
        return tl::unexpected(before.error());
    const std::vector<Finding> known = lint_errors();
    const Trial trial(*this, *std::move(fresh));
    if (auto good = check_class_values(); !good)
        return tl::unexpected(good.error());
    const auto after = picture(Scope::all(), true);
    if (!after)
        return tl::unexpected(after.error());
    Preview preview{"classes and parameters", differences(*before, *after),
                    new_findings(known, lint_errors())};
    annotate(preview.differences, dictionary());
    annotate(preview.differences, trial.replaced().dictionary.dictionary);
    return preview;
}

Result<Pipeline::Preview> Pipeline::preview_undo() {
    const auto last = inventory_.last_change();
    if (!last)
        return fail(ErrorKind::not_found, "there is no change to take back");
    const Scope scope = widened(inventory_.touched_by(last->number));
    const soci::transaction transaction(inventory_.database());
    const auto before = picture(scope, false);
    if (!before)
        return tl::unexpected(before.error());
    inventory_.take_back(last->number);
    const auto after = picture(scope, true);
    if (!after)
        return tl::unexpected(after.error());
    Preview preview{"undo of " + last->what, differences(*before, *after), {}};
    annotate(preview.differences, dictionary());
    return preview;
}

} // namespace plugtone
