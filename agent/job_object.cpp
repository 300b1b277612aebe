#include "agent/job_object.hpp"

#include "agent/bus_errors.hpp"
#include "agent/bus_values.hpp"

namespace plugtone {

sdbus::ObjectPath JobObject::path_of(JobNumber number) {
    return sdbus::ObjectPath(std::string(root_path) + "/job/" + std::to_string(number));
}

JobObject::JobObject(sdbus::IConnection& connection, const Job& job, Jobs& jobs)
    : AdaptorInterfaces(connection, path_of(job.number)), job_(job), jobs_(jobs) {
    registerAdaptor();
    emitInterfacesAddedSignal();
}

JobObject::~JobObject() {
    if_there_is_a_bus([this] { emitInterfacesRemovedSignal(); });
    unregisterAdaptor();
}

void JobObject::show(const Job& job) {
    std::vector<bus::PropertyName> changed;
    const auto compare = [&](bool differs, const char* name) {
        if (differs)
            changed.emplace_back(name);
    };
    compare(job.done != job_.done, "Done");
    compare(job.total != job_.total, "Total");
    compare(job.state != job_.state, "State");
    compare(job.result != job_.result, "Result");
    compare(job.error.has_value() != job_.error.has_value(), "ErrorName");
    compare(job.error.has_value() != job_.error.has_value(), "Error");
    job_ = job;
    if (!changed.empty())
        emitPropertiesChangedSignal(org::plugtone1::Job_adaptor::INTERFACE_NAME, changed);
}

// Whatever bytes a text in it has, the bus takes UTF-8 only.
std::string JobObject::Result() {
    return job_.result.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string JobObject::ErrorName() {
    return job_.error ? bus_error_name(job_.error->kind) : "";
}

void JobObject::Cancel() {
    answer([&] { done_or_throw(jobs_.cancel(job_.number)); });
}

JobObjects::JobObjects(sdbus::IConnection& connection, Jobs& jobs)
    : connection_(connection), jobs_(jobs) {
    jobs_.listen(
        {[this](const Job& job) { show(job); }, [this](JobNumber gone) { objects_.erase(gone); }});
}

JobObjects::~JobObjects() {
    jobs_.listen({});
}

void JobObjects::show(const Job& job) {
    // The job goes on, whoever cannot be told of it.
    if_there_is_a_bus([&] {
        if (const auto found = objects_.find(job.number); found != objects_.end())
            found->second->show(job);
        else
            objects_.emplace(job.number, std::make_unique<JobObject>(connection_, job, jobs_));
    });
}

} // namespace plugtone
