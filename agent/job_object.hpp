// org.plugtone1.Job on the bus, one for each job that can be looked at. The loop's thread.
#pragma once

#include <map>
#include <memory>

#include <sdbus-c++/sdbus-c++.h>

#include "agent/dbus/job_adaptor.hpp"
#include "agent/jobs.hpp"

namespace plugtone {

class JobObject final
    : public sdbus::AdaptorInterfaces<org::plugtone1::Job_adaptor, sdbus::ManagedObject_adaptor,
                                      sdbus::Properties_adaptor> {
public:
    static sdbus::ObjectPath path_of(JobNumber number);

    // The jobs must outlive it.
    JobObject(sdbus::IConnection& connection, const Job& job, Jobs& jobs);
    JobObject(const JobObject&) = delete;
    JobObject& operator=(const JobObject&) = delete;
    ~JobObject();

    void show(const Job& job);

private:
    std::string What() override { return job_.what; }
    std::string State() override { return std::string(job_state_name(job_.state)); }
    std::uint64_t Done() override { return job_.done; }
    std::uint64_t Total() override { return job_.total; }
    std::string Result() override;
    std::string ErrorName() override;
    std::string Error() override { return job_.error ? job_.error->message : ""; }
    void Cancel() override;

    Job job_; // as it was shown last
    Jobs& jobs_;
};

// Keeps the bus in step with the jobs.
class JobObjects {
public:
    // Both must outlive it.
    JobObjects(sdbus::IConnection& connection, Jobs& jobs);
    JobObjects(const JobObjects&) = delete;
    JobObjects& operator=(const JobObjects&) = delete;
    ~JobObjects();

private:
    void show(const Job& job);

    sdbus::IConnection& connection_;
    Jobs& jobs_;
    std::map<JobNumber, std::unique_ptr<JobObject>> objects_;
};

} // namespace plugtone
