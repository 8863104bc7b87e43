"""Names that columns have where nobody says what they mean: letters and digits, the likeliest first."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


STATUS = _words(
    "responsestatuscode httpstatuscode httpresponsecode httpstatus edgeresponsestatus statuscode"
    " responsestatus responsecode resstatuscode resstatus downstreamstatus scstatus status code"
    " httpresponsestatuscode lbstatuscode rspcode haproxystatuscode haproxyhttpstatuscode st"
)
BEGAN = _words(
    "edgestarttimestamp startedat starttime starttimestamp startutc requeststarttime requeststart startedon"
    " begin timestampms requesttimeepoch requesttime requestdatetime reqtimesec requesttimesec"
    " requestdate acceptdate haproxytimestamp haproxydatetime"
)
ENDED = _words("edgeendtimestamp endtime endedat finishedat completedat endtimestamp")
WHEN = _words(
    "timestamp time ts datetime date eventtime eventtimestamp loggedat asctime created createdat t timelocal"
    " timeiso8601 msec timestampns timegenerated loggedbefore"
)
OF_HAPROXY = _words("timeactive timetotal haproxytimeactive haproxytimetotal haproxyta haproxytt ta tt")
"""HAProxy's durations, beside which its times are requests' starts."""

TOOK = {
    "ms": _words(
        "durationms latencyms elapsedms responsetimems timetakenms tookms requesttimems totaltimems"
        " durationmillis elapsedmilliseconds elapsedmillis responselatency latenciesrequest"
        " edgetimetofirstbytems originresponsedurationms processingtimems timems turnaroundtimemsec"
    )
    + OF_HAPROXY,
    "s": _words(
        "durations latencys durationsec durationseconds latencyseconds elapsedseconds"
        " datarequestprocessingtime"
    ),
    "us": _words("durationus latencyus elapsedus durationmicros responsetimeus timeelapsedusec timeelapsed"),
    "ns": _words("durationns latencyns elapsedns totalns durationnanos eventduration"),
}
PART_OF_IT = _words("edgetimetofirstbytems originresponsedurationms")
"""Durations that a start and an end, where these are finer than seconds, tell better."""
TOOK_SOMEHOW = _words(
    "duration latency elapsed elapsedtime responsetime requesttime took taken runtime totaltime"
    " processingtime requestduration timetaken reqtime servetime apptime"
)
RECEIVED = _words("receivetimestamp")
ACTED_BY = {"controller", "action"}  # Rails', whose durations are milliseconds
REQUEST = _words("request req haproxyrequest requestline httprequest requestedurl firstline message msg")
OTHERS = {
    "method": _words(
        "httprequestmethod requestmethod clientrequestmethod method verb httpmethod reqmethod csmethod"
    ),
    "path": _words(
        "requesturi clientrequesturi clientrequestpath requesturl requestpath originalurl httptarget urlpath"
        " httpuri httppath reqpath path uri url resourcepath csuristem"
    ),
    "host": _words(
        "clientrequesthost requesthost reqhost httphost authority host domainname virtualhost vhost urldomain"
    ),
    "upstream": _words(
        "upstreamcluster upstreamname servicename backendname backendpoolname targetgroup routename backend"
    ),
    "instance": _words(
        "upstreamhost upstreamaddr serverrouted backendip originip targetip serverip instance"
    ),
    "error": _words("statusdetails errorinfo errormessage errmsg error err exception"),
}
